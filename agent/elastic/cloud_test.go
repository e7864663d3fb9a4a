package elastic

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

// Of a child process of TestCloudID. A proxy is read from the environment once in a process.
const (
	cloudVariable       = "POSTVAGT_TEST_CLOUD_ID"
	fingerprintVariable = "POSTVAGT_TEST_FINGERPRINT"
)

// TestCloudID reaches the real node by a cloud id, whose name leads to it by way of a proxy, as it does from many a town
// hall. No name server knows the name: that the node answers shows that the id was read and the proxy asked.
func TestCloudID(t *testing.T) {
	leaf, _ := fingerprints(t, server(t).URL)
	asked := make(chan string, 10)
	proxy := httptest.NewServer(tunnel(t, server(t).URL, asked))
	t.Cleanup(proxy.Close)
	id := "nordvig:" + base64.StdEncoding.EncodeToString([]byte("cloud.nordvig.example:9243$0123abcd$4567efab"))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), cloudVariable+"="+id, fingerprintVariable+"="+leaf, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	var said, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &fault
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &fault)
	}
	want, err := connect(t, admin(t)).Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(said.String()) != want.UUID {
		t.Errorf("the cloud id leads to %q, want the cluster %q", &said, want.UUID)
	}
	if to := <-asked; to != "0123abcd.cloud.nordvig.example:9243" {
		t.Errorf("the proxy was asked for %s", to)
	}
}

// cloudChild says which cluster a cloud id leads to.
func cloudChild(id string) int {
	c, err := Connect(Connection{CloudID: id, Username: kit.ElasticUser, Password: kit.ElasticPassword, Fingerprint: os.Getenv(fingerprintVariable)})
	if err == nil {
		var there Cluster
		if there, err = c.Cluster(context.Background()); err == nil {
			fmt.Println(there.UUID)
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// tunnel is a proxy that connects everybody to the node.
func tunnel(t *testing.T, node string, asked chan<- string) http.HandlerFunc {
	at, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		to, err := net.Dial("tcp", at.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		asked <- r.Host
		w.WriteHeader(http.StatusOK)
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		go io.Copy(to, from)
		io.Copy(from, to)
	}
}
