import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hierarchiesIn, isMember } from "../../lab/machines/cgroups.ts";
import { eventually, must, Refusal, run } from "../../lab/machines/command.ts";
import { requireRoot } from "../../lab/machines/hostCheck.ts";
import type * as Machine from "../../lab/machines/machine.ts";
import type * as Sweep from "../../lab/machines/sweep.ts";
import { mountsBelow } from "../../lab/machines/sweep.ts";
import type * as Paths from "../../lab/paths.ts";
import { labId } from "../../lab/paths.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

/** A line of /proc/self/mountinfo. */
function mounted(directory: string, type: string, options: string): string {
    return `30 24 0:27 / ${directory} rw,nosuid shared:9 - ${type} ${type} rw,${options}`;
}

describe("the cgroup hierarchies of a host", () => {
    const memory = mounted("/sys/fs/cgroup/memory", "cgroup", "memory");
    const cpu = mounted("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "cpu,cpuacct");
    const systemd = mounted("/sys/fs/cgroup/systemd", "cgroup", "xattr,release_agent=/lib/agent,name=systemd");
    const unified = mounted("/sys/fs/cgroup", "cgroup2", "nsdelegate,memory_recursiveprot");
    const root = mounted("/", "ext4", "errors=remount-ro");

    function read(...lines: readonly string[]): object[] {
        return hierarchiesIn([...lines, ""].join("\n"), () => true);
    }

    it("are the one of version 2 where there is no other", () => {
        assert.deepEqual(read(root, unified), [{ directory: "/sys/fs/cgroup", options: "unified" }]);
    });

    it("are all of version 1 where memory is counted there, named as a mount names them", () => {
        assert.deepEqual(read(root, memory, cpu, systemd, mounted("/sys/fs/cgroup/unified", "cgroup2", "nsdelegate")), [
            { directory: "/sys/fs/cgroup/memory", options: "memory" },
            { directory: "/sys/fs/cgroup/cpu,cpuacct", options: "cpu,cpuacct" },
            { directory: "/sys/fs/cgroup/systemd", options: "name=systemd" },
        ]);
    });

    it("are the one of version 2 where version 1 only names processes", () => {
        assert.deepEqual(read(systemd, unified), [{ directory: "/sys/fs/cgroup", options: "unified" }]);
    });

    it("leave out what another mount hides", () => {
        const visible = (directory: string): boolean => !directory.endsWith("/cpu,cpuacct");
        assert.deepEqual(hierarchiesIn(`${memory}\n${cpu}\n`, visible), [
            { directory: "/sys/fs/cgroup/memory", options: "memory" },
        ]);
    });

    it("are none where none is mounted", () => {
        assert.deepEqual(read(root), []);
    });
});

describe("the cgroup of a machine", () => {
    const group = "siteregistry-abcdef-node1";

    it("has the processes in it and in groups inside of it, by either version's list", () => {
        assert.ok(isMember(`0::/${group}\n`, group));
        assert.ok(isMember(`4:memory:/\n3:cpu,cpuacct:/${group}/kubepods/pod:1\n`, group));
    });

    it("has no process of a machine with a longer name, nor one whose controllers are so called", () => {
        assert.ok(!isMember(`0::/${group}0\n`, group));
        assert.ok(!isMember(`0::/other-${group}\n`, group));
        assert.ok(!isMember(`1:name=${group}:/\n`, group));
        assert.ok(!isMember("", group));
    });
});

describe("the mounts of a lab", () => {
    it("are those below its folder, not those of a neighbour with a longer name", () => {
        const table = ["/s/abc/machines/node1/root", "/s/abc-site/x", "/s/abcd/y", "/s/abc"]
            .map((directory) => mounted(directory, "overlay", "lowerdir=/s/abc/base"))
            .join("\n");
        assert.deepEqual(mountsBelow("/s/abc", table), ["/s/abc/machines/node1/root"]);
    });
});

describe("the lab on a scratch checkout", () => {
    let scratch: ScratchCheckout;
    let state: string;
    let restore: () => void;
    beforeEach(async () => {
        scratch = new ScratchCheckout();
        restore = setVariables(scratch.variables);
        const paths = (await scratch.load("paths.ts")) as typeof Paths;
        // A sweep of the real lab would end it for whoever uses it now.
        assert.notEqual(paths.labId(), labId());
        state = paths.stateDir();
        mkdirSync(state, { recursive: true });
    });
    afterEach(() => {
        restore();
        scratch.remove();
    });

    it("sweeps away what a lab left, and neither what others keep there nor the site", async () => {
        const { labState, sweep } = (await scratch.load("machines/sweep.ts")) as typeof Sweep;
        for (const entry of [...labState, "theirs"]) mkdirSync(join(state, entry, "deep"), { recursive: true });
        mkdirSync(`${state}-site`);
        await sweep();
        assert.deepEqual(
            [...labState, "theirs"].filter((entry) => existsSync(join(state, entry))),
            ["theirs"],
        );
        assert.ok(existsSync(`${state}-site`));
    });

    it("has nothing left over where nothing was made", async () => {
        const { leftOvers } = (await scratch.load("machines/sweep.ts")) as typeof Sweep;
        assert.deepEqual(leftOvers(), []);
    });

    it("writes a machine's disk: its names, its units, and keys for root alone", async () => {
        const { createMachine, machineDir } = (await scratch.load("machines/machine.ts")) as typeof Machine;
        const unit = "/etc/systemd/system/lab-one.service";
        const key = "-----BEGIN PRIVATE KEY-----\n";
        createMachine({
            name: "node1",
            files: { [unit]: "[Unit]\n", "/etc/kubernetes/ca.key": key, "/etc/kubernetes/ca.crt": "public" },
            units: ["lab-one.service", "containerd.service"],
            binds: [{ source: "/cache/kubernetes", target: "/opt/kubernetes", mode: "ro" }],
            data: ["/var/lib/kubelet"],
        });
        const disk = join(machineDir("node1"), "upper");
        assert.equal(readFileSync(join(disk, "etc/hostname"), "utf8"), "node1\n");
        assert.equal(readFileSync(join(disk, "etc/hosts"), "utf8"), "127.0.0.1 localhost\n127.0.1.1 node1\n");
        assert.equal(statSync(join(disk, "etc/kubernetes/ca.key")).mode & 0o777, 0o600);
        const wants = join(disk, "etc/systemd/system/multi-user.target.wants");
        assert.equal(readlinkSync(join(wants, "lab-one.service")), unit);
        // Not among the machine's own files: it comes with Debian's package.
        assert.equal(readlinkSync(join(wants, "containerd.service")), "/lib/systemd/system/containerd.service");
        const data = join(machineDir("node1"), "data/var-lib-kubelet");
        assert.ok(existsSync(data));
        assert.deepEqual(JSON.parse(readFileSync(join(machineDir("node1"), "binds.json"), "utf8")), [
            { source: "/cache/kubernetes", target: "/opt/kubernetes", mode: "ro" },
            { source: data, target: "/var/lib/kubelet", mode: "rw" },
        ]);
    });

    it("gives each machine an identity of its own, the same at each boot", async () => {
        const { createMachine, machineDir } = (await scratch.load("machines/machine.ts")) as typeof Machine;
        const idOf = (name: string): string => {
            createMachine({ name, files: {}, units: [], binds: [], data: [] });
            return readFileSync(join(machineDir(name), "upper/etc/machine-id"), "utf8");
        };
        assert.match(idOf("node1"), /^[0-9a-f]{32}\n$/);
        assert.equal(idOf("node1"), idOf("node1"));
        assert.notEqual(idOf("node1"), idOf("node2"));
    });

    it("takes no process for a machine's because of its number alone", async () => {
        const { enter, machineDir, machinePid } = (await scratch.load("machines/machine.ts")) as typeof Machine;
        mkdirSync(machineDir("node1"), { recursive: true });
        // What a machine that died wrote; the number is another process's now.
        writeFileSync(join(machineDir("node1"), "pid"), `${process.pid.toString()}\n`);
        assert.equal(machinePid("node1"), undefined);
        assert.throws(() => enter("node1", ["true"]), /machine node1 does not run/);
    });
});

describe("the lab's demand for root", () => {
    let restore: () => void;
    beforeEach(() => {
        const { getuid } = process;
        restore = () => {
            if (getuid !== undefined) process.getuid = getuid;
        };
    });
    afterEach(() => {
        restore();
    });

    it("is met by root and refused to others, with both ways out", () => {
        process.getuid = () => 0;
        assert.doesNotThrow(requireRoot);
        process.getuid = () => 1000;
        assert.throws(requireRoot, ({ name, message }: Error) => {
            return name === "Refusal" && message.includes("sudo") && message.includes("KUBECONFIG");
        });
    });
});

describe("the lab's commands on the host", () => {
    it("answer with code and output, whatever the code", async () => {
        assert.deepEqual(await run(["sh", "-c", "cat; echo no >&2; exit 3"], { input: "text" }), {
            code: 3,
            stdout: "text",
            stderr: "no\n",
        });
    });

    it("answer as a shell does where there is no such program, and where a signal ended it", async () => {
        assert.equal((await run(["/no/such/program"])).code, 127);
        assert.ok((await run(["sh", "-c", "kill -KILL $$"])).code >= 128);
    });

    it("are judged by their code, not by input they did not read", async () => {
        assert.equal((await run(["true"], { input: "x".repeat(1_000_000) })).code, 0);
    });

    it("that have to succeed name themselves and say what was said when they do not", async () => {
        await assert.rejects(
            must(["sh", "-c", "echo no space >&2; exit 3"]),
            /^Error: "sh -c .*" ended with 3: no space$/,
        );
    });

    it("that are waited for are given up in time, by name", async () => {
        await assert.rejects(
            eventually("the moon", 0, () => Promise.resolve(false)),
            /the moon: not within 0 s/,
        );
        await eventually("the sun", 0, () => Promise.resolve(true));
    });

    it("are refused with the problem on one line and the remedy below it", () => {
        assert.equal(new Refusal("No disk.", "Buy one.").message, "No disk.\n  Buy one.");
    });
});
