package tls

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/crypto/ssh"

	"siteregistry.lab/plugins/standin"
)

func text(value string) resource.PropertyValue { return resource.NewProperty(value) }

func create(t *testing.T, kind string, inputs resource.PropertyMap) resource.PropertyMap {
	t.Helper()
	server, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	properties, err := standin.Encode(kind, inputs)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Create(context.Background(), &pulumirpc.CreateRequest{
		Urn: "urn:pulumi:dev::p::" + kind + "::x", Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := standin.Decode(kind, answer.GetProperties())
	if err != nil {
		t.Fatal(err)
	}
	return standin.PlainMap(outputs)
}

func uses(names ...string) resource.PropertyValue {
	values := make([]resource.PropertyValue, len(names))
	for index, name := range names {
		values[index] = text(name)
	}
	return resource.NewProperty(values)
}

func decodeCertificate(t *testing.T, value resource.PropertyValue) *x509.Certificate {
	t.Helper()
	certificate, err := parse(value, "CERTIFICATE", x509.ParseCertificate)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// chain makes a CA and a certificate signed by it.
func chain(t *testing.T) (authority, leaf resource.PropertyMap) {
	t.Helper()
	key := create(t, "tls:index/privateKey:PrivateKey", resource.PropertyMap{
		"algorithm": text("ECDSA"), "ecdsaCurve": text("P256"),
	})
	authority = create(t, "tls:index/selfSignedCert:SelfSignedCert", resource.PropertyMap{
		"privateKeyPem": key["privateKeyPem"], "isCaCertificate": resource.NewProperty(true),
		"validityPeriodHours": resource.NewProperty(240.0), "allowedUses": uses("cert_signing"),
		"subject": resource.NewProperty(resource.PropertyMap{"commonName": text("ca.test")}),
	})
	request := create(t, "tls:index/certRequest:CertRequest", resource.PropertyMap{
		"privateKeyPem": key["privateKeyPem"], "dnsNames": uses("registry.test"), "ipAddresses": uses("10.0.0.1"),
		"subject": resource.NewProperty(resource.PropertyMap{
			"commonName": text("registry.test"), "emailAddress": text("a@b.test"),
		}),
	})
	leaf = create(t, "tls:index/locallySignedCert:LocallySignedCert", resource.PropertyMap{
		"certRequestPem": request["certRequestPem"], "caCertPem": authority["certPem"],
		"caPrivateKeyPem": key["privateKeyPem"], "allowedUses": uses("server_auth"),
		"validityPeriodHours": resource.NewProperty(24.0), "earlyRenewalHours": resource.NewProperty(2.0),
	})
	return authority, leaf
}

func TestSignedCertificateIsTrusted(t *testing.T) {
	authority, leaf := chain(t)
	roots := x509.NewCertPool()
	roots.AddCert(decodeCertificate(t, authority["certPem"]))
	for _, name := range []string{"registry.test", "10.0.0.1"} {
		options := x509.VerifyOptions{Roots: roots, DNSName: name}
		if _, err := decodeCertificate(t, leaf["certPem"]).Verify(options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRenewalIsDueAsTimePasses(t *testing.T) {
	_, leaf := chain(t)
	for hour, want := range map[int]bool{0: false, 21: false, 23: true, 25: true} {
		if got := due(leaf, time.Now().Add(time.Duration(hour)*time.Hour)); got != want {
			t.Errorf("after %d hours: due is %v", hour, got)
		}
	}
}

// A certificate that was fine when its state was written is replaced once its window has come.
func TestExpiringStateIsReplaced(t *testing.T) {
	_, leaf := chain(t)
	leaf["validityEndTime"] = text(time.Now().Add(time.Hour).Format(time.RFC3339))
	server, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	state, err := standin.Encode("state", leaf)
	if err != nil {
		t.Fatal(err)
	}
	urn := "urn:pulumi:dev::p::tls:index/locallySignedCert:LocallySignedCert::x"
	ctx := context.Background()
	answer, err := server.Diff(ctx, &pulumirpc.DiffRequest{Urn: urn, Id: "1", Olds: state, News: state})
	if err != nil || len(answer.GetReplaces()) != 1 || answer.GetReplaces()[0] != "readyForRenewal" {
		t.Errorf("diff: %v, %v", answer, err)
	}
	read, err := server.Read(ctx, &pulumirpc.ReadRequest{Urn: urn, Id: "1", Properties: state, Inputs: state})
	if err != nil || !read.GetProperties().GetFields()["readyForRenewal"].GetBoolValue() {
		t.Errorf("read: %v, %v", read, err)
	}
}

// The recording has the id of a key beside its public half: the id is made from that alone.
func TestKeyIDIsThatOfTheRealPlugin(t *testing.T) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte("ecdsa-sha2-nistp256 " +
		"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYA" +
		"AABBBGFPhrlkFAqn2bw3lYuTUDU+RVQK03aypGB8LuIe2bN5l+X7noQNESHK7MMxPC7FE5y3RkcKZyTlgypZd+RHLCE="))
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := describePublic(key.(ssh.CryptoPublicKey).CryptoPublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if id := outputs["id"].StringValue(); id != "364d7eb03ea5a79fe1ff374a9a04932be0e32896" {
		t.Errorf("id %s", id)
	}
}

func TestCertificateOfServer(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	arguments := resource.PropertyMap{"url": text(server.URL), "verifyChain": resource.NewProperty(false)}
	outputs, problems, err := getCertificate(arguments)
	if err != nil || problems != nil {
		t.Fatal(problems, err)
	}
	shown := outputs["certificates"].ArrayValue()[0].ObjectValue()["certPem"].StringValue()
	block, _ := pem.Decode([]byte(shown))
	if block == nil || string(block.Bytes) != string(server.Certificate().Raw) {
		t.Errorf("shows %s", shown)
	}
	arguments["verifyChain"] = resource.NewProperty(true)
	if _, _, err := getCertificate(arguments); err == nil {
		t.Error("an untrusted chain is accepted")
	}
}
