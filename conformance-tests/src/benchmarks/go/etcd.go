package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
)

const prefix = "/registry/configmaps/bench/"

// member starts an etcd member with etcd's own defaults, but for TLS, which nodes have too.
func member(arguments []string) (*program, error) {
	options := flag.NewFlagSet("member", flag.ExitOnError)
	name := options.String("name", "", "of the member")
	dir := options.String("data", "", "directory")
	peer := options.String("peer", "", "URL for the other members")
	api := options.String("client", "", "URL for clients")
	cluster := options.String("cluster", "", "NAME=URL of all members, with commas between")
	options.Parse(arguments)
	config := embed.NewConfig()
	config.Name = *name
	config.Dir = *dir
	config.InitialCluster = *cluster
	config.LogLevel = "fatal"
	config.LogOutputs = []string{"stderr"}
	config.PeerAutoTLS = true
	config.ClientAutoTLS = true
	peers, err := url.Parse(*peer)
	if err != nil {
		return nil, err
	}
	clients, err := url.Parse(*api)
	if err != nil {
		return nil, err
	}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peers}, []url.URL{*peers}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clients}, []url.URL{*clients}
	started, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	own := etcd{v3client.New(started.Server)}
	return &program{
		// Every member is asked for itself.
		targets: []target{own, own, own},
		commands: map[string]func(context.Context, command) (fields, error){
			"leads": func(context.Context, command) (fields, error) {
				<-started.Server.ReadyNotify()
				return fields{"leads": started.Server.Leader() == started.Server.MemberID()}, nil
			},
		},
	}, nil
}

// client loads the servers that are named.
func client(arguments []string) (*program, error) {
	options := flag.NewFlagSet("client", flag.ExitOnError)
	pki := options.String("pki", "", "directory with ca.crt, admin.crt and admin.key: the servers are nodes")
	options.Parse(arguments)
	p := &program{}
	for _, server := range options.Args() {
		var made target
		var err error
		if *pki == "" {
			made, err = etcdClient(server)
		} else {
			made, err = nodeClient(server, *pki)
		}
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, made)
	}
	return p, nil
}

func etcdClient(server string) (target, error) {
	made, err := clientv3.New(clientv3.Config{
		Endpoints:   []string{server},
		DialTimeout: 10 * time.Second,
		Logger:      zap.NewNop(),
		// Members made their certificates themselves.
		TLS: &tls.Config{InsecureSkipVerify: true},
	})
	if err != nil {
		return nil, err
	}
	return etcd{made}, nil
}

// etcd is a member as a client sees it.
type etcd struct {
	client *clientv3.Client
}

func (e etcd) put(ctx context.Context, key string, version int64, value string) (int64, error) {
	done, err := e.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(prefix+key), "=", version)).
		Then(clientv3.OpPut(prefix+key, value)).Commit()
	if err != nil {
		return 0, err
	}
	if !done.Succeeded {
		return 0, fmt.Errorf("%s is not at %d", key, version)
	}
	return done.Header.Revision, nil
}

func (e etcd) follow(ctx context.Context, told func(string)) error {
	changes := e.client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	created := <-changes
	if created.Err() != nil {
		return created.Err()
	}
	go func() {
		for change := range changes {
			if change.Err() != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, change.Err())
			}
			for _, event := range change.Events {
				told(string(event.Kv.Value))
			}
		}
	}()
	return nil
}
