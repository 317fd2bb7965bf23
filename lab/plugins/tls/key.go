package tls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"

	"siteregistry.lab/plugins/standin/bridged"
)

const (
	rsaName     = "RSA"
	ecdsaName   = "ECDSA"
	ed25519Name = "ED25519"
)

var curves = map[string]elliptic.Curve{
	"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521(),
}

// privateKey is PrivateKey.
func privateKey() *bridged.Resource {
	properties := []bridged.Property{
		{Name: "algorithm", Kind: bridged.String, Input: true, Required: true,
			Check: bridged.OneOf(rsaName, ecdsaName, ed25519Name)},
		// The defaults stand in the outputs whatever the algorithm is.
		{Name: "rsaBits", Kind: bridged.Number, Input: true, Default: 2048.0},
		{Name: "ecdsaCurve", Kind: bridged.String, Input: true, Default: "P224",
			Check: bridged.OneOf("P224", "P256", "P384", "P521")},
	}
	properties = append(properties, computed("id", "publicKeyPem", "publicKeyOpenssh",
		"publicKeyFingerprintMd5", "publicKeyFingerprintSha256")...)
	properties = append(properties, secrets("privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh")...)
	return &bridged.Resource{
		SchemaVersion: "1", Properties: properties, ListsComputed: true, Create: createKey,
	}
}

func createKey(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
	key, err := generateKey(planned)
	if err != nil {
		return "", nil, &bridged.Failure{Summary: "Unable to generate Key from configuration", Detail: err.Error()}
	}
	outputs, err := describePublic(key.Public())
	if err != nil {
		return "", nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", nil, fmt.Errorf("encode the key: %w", err)
	}
	outputs["privateKeyPemPkcs8"] = encodePEM("PRIVATE KEY", pkcs8)
	outputs["privateKeyPem"] = outputs["privateKeyPemPkcs8"]
	switch key := key.(type) {
	case *rsa.PrivateKey:
		outputs["privateKeyPem"] = encodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	case *ecdsa.PrivateKey:
		sec1, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return "", nil, fmt.Errorf("encode the key: %w", err)
		}
		outputs["privateKeyPem"] = encodePEM("EC PRIVATE KEY", sec1)
	}
	// OpenSSH has no P-224: its key stays empty, and so do the public ones.
	outputs["privateKeyOpenssh"] = resource.NewProperty("")
	if outputs["publicKeyOpenssh"].StringValue() != "" {
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			return "", nil, fmt.Errorf("encode the key for OpenSSH: %w", err)
		}
		outputs["privateKeyOpenssh"] = encodePEM(block.Type, block.Bytes)
	}
	return outputs["id"].StringValue(), outputs, nil
}

func generateKey(planned resource.PropertyMap) (crypto.Signer, error) {
	switch algorithm := planned["algorithm"].StringValue(); algorithm {
	case rsaName:
		return rsa.GenerateKey(rand.Reader, int(planned["rsaBits"].NumberValue()))
	case ecdsaName:
		return ecdsa.GenerateKey(curves[planned["ecdsaCurve"].StringValue()], rand.Reader)
	case ed25519Name:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("unknown algorithm %q", algorithm)
	}
}

// describePublic is what PrivateKey and getPublicKey tell about a public key.
func describePublic(key crypto.PublicKey) (resource.PropertyMap, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the public key: %w", err)
	}
	outputs := texts(map[resource.PropertyKey]string{
		"id": fingerprint(der), "publicKeyOpenssh": "", "publicKeyFingerprintMd5": "", "publicKeyFingerprintSha256": "",
	})
	outputs["publicKeyPem"] = encodePEM("PUBLIC KEY", der)
	if key, err := ssh.NewPublicKey(key); err == nil {
		outputs["publicKeyOpenssh"] = resource.NewProperty(string(ssh.MarshalAuthorizedKey(key)))
		outputs["publicKeyFingerprintMd5"] = resource.NewProperty(ssh.FingerprintLegacyMD5(key))
		outputs["publicKeyFingerprintSha256"] = resource.NewProperty(ssh.FingerprintSHA256(key))
	}
	return outputs, nil
}

// parseKey reads a private key in one of the PEM forms that PrivateKey puts out, except OpenSSH's.
func parseKey(value resource.PropertyValue) (crypto.Signer, error) {
	content := []byte(value.StringValue())
	block, rest := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("failed to decode PEM block: decoded bytes 0, undecoded %d", len(rest))
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, fmt.Errorf("unsupported PEM preamble/type: %s", block.Type)
	default:
		return nil, fmt.Errorf("unable to determine parser for PEM preamble: %s", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("failed to parse private key given PEM preamble '%s': %w", block.Type, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

func algorithmOf(key crypto.PublicKey) string {
	switch key.(type) {
	case *rsa.PublicKey:
		return rsaName
	case *ecdsa.PublicKey:
		return ecdsaName
	case ed25519.PublicKey:
		return ed25519Name
	}
	return fmt.Sprintf("%T", key)
}

func encodePEM(kind string, der []byte) resource.PropertyValue {
	return resource.NewProperty(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// fingerprint is an id made from what it identifies; nothing relies on it being hard to forge.
func fingerprint(content []byte) string {
	sum := sha1.Sum(content)
	return hex.EncodeToString(sum[:])
}
