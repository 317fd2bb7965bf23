package tls

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"siteregistry.lab/plugins/standin/bridged"
)

// certRequest is CertRequest.
func certRequest() *bridged.Resource {
	return withAlgorithm(&bridged.Resource{
		Properties: append(subjectAndKey(), computed("id", "certRequestPem")...),
		Create: func(planned resource.PropertyMap) (string, resource.PropertyMap, error) {
			key, request, err := requested(planned)
			if err != nil {
				return "", nil, err
			}
			der, err := x509.CreateCertificateRequest(rand.Reader, request, key)
			if err != nil {
				return "", nil, &bridged.Failure{Summary: "Failed to create certificate request", Detail: err.Error()}
			}
			id := fingerprint(der)
			return id, resource.PropertyMap{
				"id": resource.NewProperty(id), "certRequestPem": encodePEM("CERTIFICATE REQUEST", der),
			}, nil
		},
	}, "keyAlgorithm", "privateKeyPem")
}

// subjectAndKey is what requests and self-signed certificates are about.
func subjectAndKey() []bridged.Property {
	return append([]bridged.Property{
		{Name: "privateKeyPem", Kind: bridged.String, Input: true, Required: true, Secret: true},
		{Name: "subject", Kind: bridged.Object, Input: true, Fields: []string{
			"commonName", "country", "emailAddress", "locality", "organization", "organizationalUnit", "postalCode",
			"province", "serialNumber", "streetAddresses",
		}},
		{Name: "dnsNames", Kind: bridged.List, Input: true},
		{Name: "ipAddresses", Kind: bridged.List, Input: true},
		{Name: "uris", Kind: bridged.List, Input: true},
	}, computed("keyAlgorithm")...)
}

// requested reads the key, the subject and the names.
func requested(planned resource.PropertyMap) (crypto.Signer, *x509.CertificateRequest, error) {
	key, err := parseKey(planned["privateKeyPem"])
	if err != nil {
		return nil, nil, &bridged.Failure{Summary: "Failed to parse private key PEM", Detail: err.Error()}
	}
	request := &x509.CertificateRequest{DNSNames: list(planned["dnsNames"])}
	if given := planned["subject"]; given.IsObject() {
		request.Subject = subject(given.ObjectValue())
	}
	for _, address := range list(planned["ipAddresses"]) {
		parsed := net.ParseIP(address)
		if parsed == nil {
			return nil, nil, &bridged.Failure{Summary: "Invalid IP address",
				Detail: fmt.Sprintf("Failed to parse %q", address)}
		}
		request.IPAddresses = append(request.IPAddresses, parsed)
	}
	for _, address := range list(planned["uris"]) {
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, nil, &bridged.Failure{Summary: "Invalid URI",
				Detail: fmt.Sprintf("Failed to parse %q: %s", address, err.Error())}
		}
		request.URIs = append(request.URIs, parsed)
	}
	return key, request, nil
}

func subject(given resource.PropertyMap) pkix.Name {
	one := func(key resource.PropertyKey) string {
		if value := given[key]; value.IsString() {
			return value.StringValue()
		}
		return ""
	}
	several := func(key resource.PropertyKey) []string {
		if value := one(key); value != "" {
			return []string{value}
		}
		return nil
	}
	name := pkix.Name{
		CommonName: one("commonName"), SerialNumber: one("serialNumber"),
		Organization: several("organization"), OrganizationalUnit: several("organizationalUnit"),
		Country: several("country"), Locality: several("locality"), Province: several("province"),
		PostalCode: several("postalCode"), StreetAddress: list(given["streetAddresses"]),
	}
	if address := one("emailAddress"); address != "" {
		// PKCS #9's attribute has no field in Go's names, and must be an IA5String.
		name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{
			Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1},
			Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(address)},
		})
	}
	return name
}
