package command

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// sshServer is an SSH server on loopback: it runs commands as this user, takes the variable RECENV and no other,
// and passes connections on for clients that use it as their proxy.
type sshServer struct {
	port    int
	hostKey string
	// key opens it; encrypted is the same one behind the password pass1; stranger does not.
	key, encrypted, stranger string
}

func newKey(t *testing.T, password string) (string, string, ssh.Signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(plain)), string(pem.EncodeToMemory(locked)), signer
}

func startServer(t *testing.T) *sshServer {
	t.Helper()
	server := &sshServer{}
	var allowed, host ssh.Signer
	server.key, server.encrypted, allowed = newKey(t, "pass1")
	server.stranger, _, _ = newKey(t, "pass1")
	_, _, host = newKey(t, "pass1")
	server.hostKey = string(ssh.MarshalAuthorizedKey(host.PublicKey()))
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(allowed.PublicKey().Marshal()) {
			return nil, errors.New("a stranger")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	server.port, _ = strconv.Atoi(port)
	go func() {
		for {
			stream, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(stream, config)
		}
	}()
	return server
}

func serve(stream net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(stream, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for opened := range channels {
		switch opened.ChannelType() {
		case "session":
			channel, requests, err := opened.Accept()
			if err == nil {
				go session(channel, requests)
			}
		case "direct-tcpip":
			var target struct {
				Host       string
				Port       uint32
				Origin     string
				OriginPort uint32
			}
			_ = ssh.Unmarshal(opened.ExtraData(), &target)
			onward, err := net.Dial("tcp", net.JoinHostPort(target.Host, fmt.Sprint(target.Port)))
			if err != nil {
				_ = opened.Reject(ssh.ConnectionFailed, err.Error())
				continue
			}
			channel, requests, err := opened.Accept()
			if err == nil {
				go ssh.DiscardRequests(requests)
				go func() { _, _ = io.Copy(channel, onward) }()
				go func() { _, _ = io.Copy(onward, channel) }()
			}
		}
	}
}

func session(channel ssh.Channel, requests <-chan *ssh.Request) {
	var variables []string
	for request := range requests {
		switch request.Type {
		case "env":
			var variable struct{ Name, Value string }
			_ = ssh.Unmarshal(request.Payload, &variable)
			variables = append(variables, variable.Name+"="+variable.Value)
			_ = request.Reply(variable.Name == "RECENV", nil)
		case "exec":
			var command struct{ Text string }
			_ = ssh.Unmarshal(request.Payload, &command)
			_ = request.Reply(true, nil)
			go execute(channel, command.Text, variables)
		case "subsystem":
			_ = request.Reply(true, nil)
			go files(channel)
		default:
			_ = request.Reply(false, nil)
		}
	}
}

func execute(channel ssh.Channel, command string, variables []string) {
	process := exec.Command("/bin/sh", "-c", command)
	process.Stdin, process.Stdout, process.Stderr = channel, channel, channel.Stderr()
	process.Env = []string{"PATH=/usr/bin:/bin"}
	for _, variable := range variables {
		if len(variable) > 7 && variable[:7] == "RECENV=" {
			process.Env = append(process.Env, variable)
		}
	}
	_ = process.Run()
	code := uint32(process.ProcessState.ExitCode()) //nolint:gosec // small
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
	_ = channel.Close()
}

// files serves the only subsystem there is.
func files(channel ssh.Channel) {
	server, err := sftp.NewServer(channel)
	if err == nil {
		_ = server.Serve()
	}
	_ = channel.Close()
}
