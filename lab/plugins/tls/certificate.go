package tls

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin/bridged"
)

const serialBits = 128

// certificate is what self-signed and CA-signed certificates have in common.
func certificate(
	own []bridged.Property, create func(resource.PropertyMap) (*x509.Certificate, []byte, error),
) *bridged.Resource {
	properties := []bridged.Property{
		{Name: "validityPeriodHours", Kind: bridged.Number, Input: true, Required: true, Check: bridged.AtLeast(0)},
		{Name: "allowedUses", Kind: bridged.List, Input: true, Required: true, Check: bridged.OneOf(useNames()...)},
		{Name: "earlyRenewalHours", Kind: bridged.Number, Input: true, Default: 0.0, InPlace: true,
			Check: bridged.AtLeast(0)},
		{Name: "isCaCertificate", Kind: bridged.Bool, Input: true, Default: false},
		{Name: "setSubjectKeyId", Kind: bridged.Bool, Input: true, Default: false},
		{Name: "maxPathLength", Kind: bridged.Number, Input: true, Computed: true, Check: bridged.AtLeast(-1)},
	}
	properties = append(properties, computed("id", "certPem", "validityStartTime", "validityEndTime")...)
	return &bridged.Resource{
		Properties: append(properties, own...),
		Expiry:     &bridged.Expiry{Property: "readyForRenewal", Due: due},
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			template, der, err := create(planned)
			if err != nil {
				return "", nil, err
			}
			id := template.SerialNumber.String()
			outputs := texts(map[resource.PropertyKey]string{
				"id":                id,
				"validityStartTime": template.NotBefore.Format(time.RFC3339),
				"validityEndTime":   template.NotAfter.Format(time.RFC3339),
			})
			outputs["certPem"] = encodePEM("CERTIFICATE", der)
			return id, outputs, nil
		},
	}
}

// due: the time left is within the early renewal. Before there is an end, all of the validity is left.
func due(outputs resource.PropertyMap, now time.Time) bool {
	early := outputs["earlyRenewalHours"]
	if !early.IsNumber() {
		return false
	}
	if ends := outputs["validityEndTime"]; ends.IsString() {
		end, err := time.Parse(time.RFC3339, ends.StringValue())
		return err != nil || !now.Before(end.Add(-hours(early)))
	}
	validity := outputs["validityPeriodHours"]
	return validity.IsNumber() && validity.NumberValue() <= early.NumberValue()
}

func hours(value resource.PropertyValue) time.Duration {
	return time.Duration(value.NumberValue()) * time.Hour
}

// template is the certificate as far as the inputs alone tell.
func template(planned resource.PropertyMap, public crypto.PublicKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, fmt.Errorf("read random numbers: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	made := &x509.Certificate{
		SerialNumber: serial, NotBefore: now, NotAfter: now.Add(hours(planned["validityPeriodHours"])),
		BasicConstraintsValid: true, IsCA: isTrue(planned["isCaCertificate"]),
	}
	if length := planned["maxPathLength"]; length.IsNumber() {
		made.MaxPathLen = int(length.NumberValue())
		made.MaxPathLenZero = made.MaxPathLen == 0
	}
	for _, name := range list(planned["allowedUses"]) {
		if use, ok := keyUses[name]; ok {
			made.KeyUsage |= use
		}
		if use, ok := extendedUses[name]; ok {
			made.ExtKeyUsage = append(made.ExtKeyUsage, use)
		}
	}
	if made.IsCA || isTrue(planned["setSubjectKeyId"]) {
		made.SubjectKeyId, err = subjectKeyID(public)
	}
	return made, err
}

// selfSignedCert is SelfSignedCert.
func selfSignedCert() *bridged.Resource {
	own := append(subjectAndKey(), bridged.Property{
		Name: "setAuthorityKeyId", Kind: bridged.Bool, Input: true, Default: false,
	})
	described := certificate(own, func(planned resource.PropertyMap) (*x509.Certificate, []byte, error) {
		key, names, err := requested(planned)
		if err != nil {
			return nil, nil, err
		}
		made, err := template(planned, key.Public())
		if err != nil {
			return nil, nil, err
		}
		made.Subject, made.DNSNames = names.Subject, names.DNSNames
		made.IPAddresses, made.URIs = names.IPAddresses, names.URIs
		if isTrue(planned["setAuthorityKeyId"]) {
			if len(made.SubjectKeyId) == 0 {
				return nil, nil, &bridged.Failure{Summary: "Invalid Certificate Authority",
					Detail: "Could not determine Authority Key Identifier"}
			}
			made.AuthorityKeyId = made.SubjectKeyId
		}
		return sign(made, made, key.Public(), key)
	})
	return withAlgorithm(described, "keyAlgorithm", "privateKeyPem")
}

// locallySignedCert is LocallySignedCert.
func locallySignedCert() *bridged.Resource {
	own := []bridged.Property{
		{Name: "certRequestPem", Kind: bridged.String, Input: true, Required: true},
		{Name: "caCertPem", Kind: bridged.String, Input: true, Required: true},
		{Name: "caPrivateKeyPem", Kind: bridged.String, Input: true, Required: true, Secret: true},
	}
	own = append(own, computed("caKeyAlgorithm")...)
	described := certificate(own, func(planned resource.PropertyMap) (*x509.Certificate, []byte, error) {
		request, err := parse(planned["certRequestPem"], "CERTIFICATE REQUEST", x509.ParseCertificateRequest)
		if err != nil {
			return nil, nil, &bridged.Failure{Summary: "Failed to parse certificate request PEM", Detail: err.Error()}
		}
		key, err := parseKey(planned["caPrivateKeyPem"])
		if err != nil {
			return nil, nil, &bridged.Failure{Summary: "Failed to parse CA private key PEM", Detail: err.Error()}
		}
		authority, err := parse(planned["caCertPem"], "CERTIFICATE", x509.ParseCertificate)
		if err != nil {
			return nil, nil, &bridged.Failure{Summary: "Failed to parse CA certificate PEM", Detail: err.Error()}
		}
		made, err := template(planned, request.PublicKey)
		if err != nil {
			return nil, nil, err
		}
		made.Subject, made.DNSNames, made.EmailAddresses = request.Subject, request.DNSNames, request.EmailAddresses
		made.IPAddresses, made.URIs = request.IPAddresses, request.URIs
		return sign(made, authority, request.PublicKey, key)
	})
	return withAlgorithm(described, "caKeyAlgorithm", "caPrivateKeyPem")
}

// withAlgorithm adds the algorithm of the key that was used to what a resource puts out.
func withAlgorithm(described *bridged.Resource, output, input resource.PropertyKey) *bridged.Resource {
	create := described.Create
	described.Create = func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
		id, outputs, err := create(planned)
		if err != nil {
			return "", nil, err
		}
		key, err := parseKey(planned[input])
		if err != nil {
			return "", nil, err
		}
		outputs[output] = resource.NewProperty(algorithmOf(key.Public()))
		return id, outputs, nil
	}
	return described
}

func sign(
	made, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer,
) (*x509.Certificate, []byte, error) {
	der, err := x509.CreateCertificate(rand.Reader, made, parent, public, key)
	if err != nil {
		return nil, nil, &bridged.Failure{Summary: "Failed to create certificate", Detail: err.Error()}
	}
	return made, der, nil
}

func parse[T any](value resource.PropertyValue, kind string, parser func([]byte) (T, error)) (T, error) {
	var none T
	block, _ := pem.Decode([]byte(value.StringValue()))
	if block == nil {
		return none, fmt.Errorf("failed to decode PEM of expected type %q from bytes", kind)
	}
	if block.Type != kind {
		return none, fmt.Errorf("invalid PEM type - expected %q, got %q", kind, block.Type)
	}
	return parser(block.Bytes)
}

// subjectKeyID is method 1 of RFC 5280, 4.2.1.2.
func subjectKeyID(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the public key: %w", err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:], nil
}
