// Command etcd-bench is one side of the benchmark RegistryAgainstEtcd, driven by JSON lines as the peers of
// other languages are (see ../../test/js/README.md). As "member" it is one etcd member, which loads itself
// with no client between; as "client" it loads etcd members or the API of nodes, the same way.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// command is a line of the input; which fields count is said at each function.
type command struct {
	ID         int    `json:"id"`
	Cmd        string `json:"cmd"`
	Target     int    `json:"target"`
	Workers    int    `json:"workers"`
	Size       int    `json:"size"`
	DurationMs int64  `json:"durationMs"`
	Pid        int    `json:"pid"`
}

type fields = map[string]any

// program answers commands.
type program struct {
	targets []target
	watch   *watch
	lock    sync.Mutex
	// What only a member has.
	commands map[string]func(context.Context, command) (fields, error)
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: etcd-bench member|client OPTIONS"))
	}
	var p *program
	var err error
	switch os.Args[1] {
	case "member":
		p, err = member(os.Args[2:])
	case "client":
		p, err = client(os.Args[2:])
	default:
		err = fmt.Errorf("unknown mode %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
	print(fields{"event": "ready", "pid": os.Getpid()})
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var c command
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			fail(err)
		}
		go p.answer(c)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func (p *program) answer(c command) {
	run, found := map[string]func(context.Context, command) (fields, error){
		"write": p.write, "watch": p.begin, "watched": p.watched, "takeover": p.takeover,
	}[c.Cmd]
	if !found {
		run, found = p.commands[c.Cmd]
	}
	reply, err := fields{}, fmt.Errorf("unknown command %s", c.Cmd)
	if found {
		reply, err = run(context.Background(), c)
	}
	if err != nil {
		reply = fields{"error": err.Error()}
	}
	reply["id"] = c.ID
	reply["ok"] = err == nil
	print(reply)
}

var output sync.Mutex

func print(message fields) {
	line, err := json.Marshal(message)
	if err != nil {
		fail(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}
