package command

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"
)

// How long the first attempt is followed by a pause, by what each pause grows, and where that ends.
const (
	firstPause   = 100 * time.Millisecond
	pauseGrowth  = 1.5
	longestPause = 5 * time.Second
)

const refusedVariable = `Unable to set '%s'. This only works if your SSH server is configured to accept
	these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could
	prefix the command itself with the variables in the form 'VAR=value command'`

// remote runs a command on another machine, in a session of its user's shell.
func (r *run) remote(
	ctx context.Context, inputs resource.PropertyMap, command string, previous resource.PropertyMap,
) error {
	client, err := r.dial(ctx, inputs["connection"].ObjectValue())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	for _, wanted := range environment(inputs) {
		if err := session.Setenv(wanted.name, wanted.value); err != nil {
			r.log(diag.Error, fmt.Sprintf(refusedVariable, wanted.name), false)
			return fmt.Errorf("could not set environment variable %q: %w", wanted.name, err)
		}
	}
	for _, output := range previousOutputs(inputs, previous) {
		if err := session.Setenv(output.name, output.value); err != nil {
			r.log(diag.Warning, fmt.Sprintf(refusedVariable, output.name), false)
			break
		}
	}
	session.Stdout, session.Stderr, session.Stdin = r.stdout, r.stderr, stdin(inputs)
	ended := make(chan error, 1)
	go func() { ended <- session.Run(command) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		// As the real plugin does: a command out of time has succeeded, with what it had said so far.
		return nil
	}
	if err != nil {
		return r.failed(err, command)
	}
	return nil
}

// dial reaches the machine, by its proxy if it has one, as often as the connection says.
func (r *run) dial(ctx context.Context, connection resource.PropertyMap) (*ssh.Client, error) {
	reach := func(address string, timeout time.Duration) (net.Conn, error) {
		return net.DialTimeout("tcp", address, timeout)
	}
	if proxy := connection["proxy"]; proxy.IsObject() {
		through, err := r.attempts(ctx, "proxy ", proxy.ObjectValue(), reach)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		reach = func(address string, _ time.Duration) (net.Conn, error) { return through.Dial("tcp", address) }
	}
	return r.attempts(ctx, "", connection, reach)
}

func (r *run) attempts(
	ctx context.Context, what string, connection resource.PropertyMap,
	reach func(string, time.Duration) (net.Conn, error),
) (*ssh.Client, error) {
	config, err := clientConfig(connection)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(text(connection, "host"), strconv.Itoa(number(connection, "port", 22)))
	limit := number(connection, "dialErrorLimit", 10)
	pause := firstPause
	for attempt := 1; ; attempt++ {
		client, err := connect(address, config, reach)
		if err == nil {
			return client, nil
		}
		r.log(diag.Info, fmt.Sprintf("Dial %s%d/%d failed: retrying", what, attempt, limit), true)
		if attempt >= limit {
			return nil, fmt.Errorf("after %d failed attempts: %w", attempt, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
		pause = min(time.Duration(float64(pause)*pauseGrowth), longestPause)
	}
}

func connect(
	address string, config *ssh.ClientConfig, reach func(string, time.Duration) (net.Conn, error),
) (*ssh.Client, error) {
	stream, err := reach(address, config.Timeout)
	if err != nil {
		return nil, err
	}
	connection, channels, requests, err := ssh.NewClientConn(stream, address, config)
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(connection, channels, requests), nil
}

// clientConfig reads who logs in, with what, and which host key is the right one; none given, every one is.
func clientConfig(connection resource.PropertyMap) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            text(connection, "user"),
		Timeout:         time.Duration(number(connection, "perDialTimeout", 15)) * time.Second,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // as the real plugin; our settings want a host key
	}
	if given := text(connection, "hostKey"); given != "" {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(given))
		if err != nil {
			return nil, fmt.Errorf("failed to parse host key: %w", err)
		}
		// The server still shows the kind of key that Go prefers (ECDSA, RSA, Ed25519): another kind is a mismatch.
		config.HostKeyCallback = ssh.FixedHostKey(key)
	}
	if key := text(connection, "privateKey"); key != "" {
		signer, err := parseKey([]byte(key), text(connection, "privateKeyPassword"))
		if err != nil {
			return nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if password := text(connection, "password"); password != "" {
		config.Auth = append(config.Auth, ssh.Password(password))
	}
	return config, nil
}

func parseKey(pem []byte, password string) (ssh.Signer, error) {
	if password != "" {
		return ssh.ParsePrivateKeyWithPassphrase(pem, []byte(password))
	}
	return ssh.ParsePrivateKey(pem)
}

func text(connection resource.PropertyMap, key resource.PropertyKey) string {
	if value := connection[key]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

func number(connection resource.PropertyMap, key resource.PropertyKey, otherwise int) int {
	if value := connection[key]; value.IsNumber() {
		return int(value.NumberValue())
	}
	return otherwise
}
