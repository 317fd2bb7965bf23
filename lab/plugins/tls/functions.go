package tls

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"

	"siteregistry.lab/plugins/standin/bridged"
)

// getPublicKey describes the public half of a private key.
func getPublicKey(arguments resource.PropertyMap) (resource.PropertyMap, []bridged.Problem, error) {
	problems := exactlyOne(arguments, "privateKeyPem private_key_pem", "privateKeyOpenssh private_key_openssh")
	if problems != nil {
		return nil, problems, nil
	}
	var key crypto.Signer
	var err error
	given := resource.PropertyKey("privateKeyPem")
	if openssh, ok := arguments["privateKeyOpenssh"]; ok {
		given = "privateKeyOpenssh"
		key, err = parseOpenSSH(openssh.StringValue())
	} else {
		key, err = parseKey(arguments["privateKeyPem"])
	}
	if err != nil {
		return nil, nil, &bridged.Failure{Summary: "Unable to parse private key", Detail: err.Error()}
	}
	outputs, err := describePublic(key.Public())
	if err != nil {
		return nil, nil, err
	}
	outputs[given] = arguments[given]
	outputs["algorithm"] = resource.NewProperty(algorithmOf(key.Public()))
	return outputs, nil, nil
}

func parseOpenSSH(content string) (crypto.Signer, error) {
	key, err := ssh.ParseRawPrivateKey([]byte(content))
	if err != nil {
		return nil, err
	}
	if signer, ok := key.(crypto.Signer); ok {
		return signer, nil
	}
	return nil, fmt.Errorf("a key of type %T cannot sign", key)
}

// getCertificate describes the certificate in a PEM text, or those a server shows.
func getCertificate(arguments resource.PropertyMap) (resource.PropertyMap, []bridged.Problem, error) {
	if problems := exactlyOne(arguments, "content content", "url url"); problems != nil {
		slices.Reverse(problems)
		return nil, problems, nil
	}
	outputs := arguments.Copy()
	if _, given := outputs["verifyChain"]; !given {
		outputs["verifyChain"] = resource.NewProperty(true)
	}
	var chain []*x509.Certificate
	if content, ok := arguments["content"]; ok {
		certificate, err := parse(content, "CERTIFICATE", x509.ParseCertificate)
		if err != nil {
			return nil, []bridged.Problem{{Path: "content",
				Text: "Failed to decoded PEM: Value is not a valid PEM encoding of a certificate"}}, nil
		}
		chain = []*x509.Certificate{certificate}
	} else {
		var err error
		chain, err = fetch(arguments["url"].StringValue(), isTrue(outputs["verifyChain"]))
		if err != nil {
			return nil, nil, &bridged.Failure{Summary: "Failed to identify fetch peer certificates", Detail: err.Error()}
		}
	}
	certificates := make([]resource.PropertyValue, len(chain))
	var all []byte
	for index, certificate := range chain {
		certificates[index] = resource.NewProperty(describeCertificate(certificate))
		all = append(all, certificate.Raw...)
	}
	outputs["certificates"] = resource.NewProperty(certificates)
	outputs["id"] = resource.NewProperty(fingerprint(all))
	return outputs, nil, nil
}

func describeCertificate(certificate *x509.Certificate) resource.PropertyMap {
	described := texts(map[resource.PropertyKey]string{
		"certPem":            string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})),
		"issuer":             certificate.Issuer.String(),
		"subject":            certificate.Subject.String(),
		"notBefore":          certificate.NotBefore.Format(time.RFC3339),
		"notAfter":           certificate.NotAfter.Format(time.RFC3339),
		"publicKeyAlgorithm": certificate.PublicKeyAlgorithm.String(),
		"signatureAlgorithm": certificate.SignatureAlgorithm.String(),
		"serialNumber":       certificate.SerialNumber.String(),
		"sha1Fingerprint":    fingerprint(certificate.Raw),
	})
	described["isCa"] = resource.NewProperty(certificate.IsCA)
	described["maxPathLength"] = resource.NewProperty(float64(certificate.MaxPathLen))
	described["version"] = resource.NewProperty(float64(certificate.Version))
	return described
}

// fetch asks a server for its certificates and returns them with the root's side first.
func fetch(address string, verify bool) ([]*x509.Certificate, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("failed to parse URL: %w", err)
	}
	var state *tls.ConnectionState
	config := &tls.Config{InsecureSkipVerify: !verify} //nolint:gosec // the caller asked to look at an untrusted chain
	switch parsed.Scheme {
	case "https":
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment}}
		var response *http.Response
		if response, err = client.Get(address); err == nil {
			state = response.TLS
			err = response.Body.Close()
		}
	case "tls":
		var connection *tls.Conn
		if connection, err = tls.Dial("tcp", parsed.Host, config); err == nil {
			found := connection.ConnectionState()
			state = &found
			err = connection.Close()
		}
	default:
		err = errors.New("only https and tls are supported")
	}
	if err != nil {
		return nil, fmt.Errorf("failed to fetch certificates from URL '%s': %w", parsed.Scheme, err)
	}
	chain := slices.Clone(state.PeerCertificates)
	slices.Reverse(chain)
	return chain, nil
}

// exactlyOne takes pairs of an argument's name and its name in messages.
func exactlyOne(arguments resource.PropertyMap, pairs ...string) []bridged.Problem {
	var names, known []string
	given := 0
	for _, pair := range pairs {
		name, message, _ := strings.Cut(pair, " ")
		names, known = append(names, name), append(known, message)
		if value, ok := arguments[resource.PropertyKey(name)]; ok && !value.IsNull() {
			given++
		}
	}
	if given == 1 {
		return nil
	}
	text := "No attribute specified"
	if given > 1 {
		text = fmt.Sprintf("%d attributes specified", given)
	}
	var problems []bridged.Problem
	for _, name := range names {
		problems = append(problems, bridged.Problem{Path: name, Text: fmt.Sprintf(
			"Invalid Attribute Combination: %s when one (and only one) of [%s] is required", text, strings.Join(known, ","))})
	}
	return problems
}
