package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

const (
	namespaces = "/api/v1/namespaces"
	configMaps = namespaces + "/bench/configmaps"
)

// node is the API of a node of ours, over HTTP/2 as kubectl has it.
type node struct {
	http   *http.Client
	server string
}

// configMap is what this program reads and writes of one, of a list, or of a Namespace.
type configMap struct {
	Kind     string            `json:"kind"`
	Version  string            `json:"apiVersion"`
	Metadata metadata          `json:"metadata"`
	Data     map[string]string `json:"data,omitempty"`
}

type metadata struct {
	Name            string `json:"name,omitempty"`
	ResourceVersion string `json:"resourceVersion,omitempty"`
}

func nodeClient(server, pki string) (target, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "admin.crt"), filepath.Join(pki, "admin.key"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	made := node{&http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{pair}},
		ForceAttemptHTTP2: true,
	}}, server}
	return made, made.makeNamespace()
}

// makeNamespace makes the namespace of all that is written, if it is not there.
func (n node) makeNamespace() error {
	var found configMap
	if n.call(context.Background(), http.MethodGet, namespaces+"/bench", nil, &found) == nil {
		return nil
	}
	body, err := json.Marshal(configMap{Kind: "Namespace", Version: "v1", Metadata: metadata{Name: "bench"}})
	if err != nil {
		return err
	}
	return n.call(context.Background(), http.MethodPost, namespaces, body, &found)
}

func (n node) call(ctx context.Context, method, path string, body []byte, answer any) error {
	got, err := n.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	read, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(read, answer)
}

// send gives an answer that says that all is well.
func (n node) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, n.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	got, err := n.http.Do(request)
	if err != nil {
		return nil, err
	}
	if got.StatusCode/100 != 2 {
		defer got.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(got.Body, 1000))
		return nil, fmt.Errorf("%s %s: %s %s", method, path, got.Status, said)
	}
	return got, nil
}

func (n node) put(ctx context.Context, key string, version int64, value string) (int64, error) {
	object := configMap{Kind: "ConfigMap", Version: "v1", Metadata: metadata{Name: key},
		Data: map[string]string{"value": value}}
	method, path := http.MethodPost, configMaps
	if version != 0 {
		method, path = http.MethodPut, configMaps+"/"+key
		object.Metadata.ResourceVersion = strconv.FormatInt(version, 10)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return 0, err
	}
	var written configMap
	if err := n.call(ctx, method, path, body, &written); err != nil {
		return 0, err
	}
	return strconv.ParseInt(written.Metadata.ResourceVersion, 10, 64)
}

func (n node) follow(ctx context.Context, told func(string)) error {
	var list configMap
	if err := n.call(ctx, http.MethodGet, configMaps+"?limit=1", nil, &list); err != nil {
		return err
	}
	events, err := n.send(ctx, http.MethodGet,
		configMaps+"?watch=1&resourceVersion="+list.Metadata.ResourceVersion, nil)
	if err != nil {
		return err
	}
	go func() {
		defer events.Body.Close()
		lines := json.NewDecoder(events.Body)
		for {
			var event struct {
				Object configMap `json:"object"`
			}
			if err := lines.Decode(&event); err != nil {
				if ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, err)
				}
				return
			}
			told(event.Object.Data["value"])
		}
	}()
	return nil
}
