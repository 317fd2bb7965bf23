import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type * as Paths from "../../lab/paths.ts";
import type * as Target from "../../lab/site/target.ts";
import type { Ended } from "./scratch.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

const server = "https://127.0.0.1:1";

/** kubectl as far as the lab asks it, with the words of the real one. A file `answers` says that the cluster does. */
const kubectl = `case "$*" in
"config current-context") echo far ;;
"config view --minify -o jsonpath={.clusters[0].cluster.server}") printf ${server} ;;
"get --raw /readyz "*)
    [ -e "$HOME/answers" ] && exit
    echo "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?" >&2
    exit 1 ;;
"get namespace kube-system "*) [ -e "$HOME/nameless" ] || printf uid-of-cluster ;;
"get namespaces "*)
    [ -e "$HOME/taken" ] && echo namespace/kube-infra
    [ -e "$HOME/forbidden" ] && echo "Error from server (Forbidden): namespaces is forbidden" >&2 && exit 1 ;;
esac
exit 0`;

/** Gives the lab an engine and plugins that it takes for downloaded ones, so that it neither downloads nor builds any. */
function installEngine({ root }: ScratchCheckout): void {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    const home = join(root, ".pulumi");
    const bin = join(home, "versions", dependencies.pulumi ?? "", "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "pulumi"), "");
    for (const name of ["command", "kubernetes", "random", "tls"]) {
        const version = dependencies[`@pulumi/${name}`] ?? "";
        mkdirSync(join(home, "plugins", `resource-${name}-v${version}`), { recursive: true });
    }
}

/** The engine as far as the lab asks it. */
const npx = `case "$*" in
*"stack output"*) echo '{"host":"registry.site.test","users":["alice"],"passwords":{"alice":"x"},"certificateExpiry":"soon"}' ;;
esac`;

/** PATH has the stand-ins only: whatever a mistake would start on this host, it is not found. */
describe("a cluster of the user's", () => {
    let scratch: ScratchCheckout;
    let kubeconfig: string;
    beforeEach(() => {
        scratch = new ScratchCheckout();
        scratch.standIn("kubectl", kubectl);
        scratch.standIn("npx", npx);
        installEngine(scratch);
        kubeconfig = join(scratch.root, "kubeconfig");
        const content = {
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "far", cluster: { server } }],
            users: [{ name: "far", user: { token: "token" } }],
            contexts: [{ name: "far", context: { cluster: "far", user: "far" } }],
            "current-context": "far",
        };
        writeFileSync(kubeconfig, JSON.stringify(content));
    });
    afterEach(() => {
        scratch.remove();
    });

    function is(...what: readonly ("answers" | "taken" | "forbidden" | "nameless")[]): void {
        for (const name of what) writeFileSync(join(scratch.root, name), "");
    }

    /** What was asked of programs, but for what only looks. */
    function changes(): string[] {
        const looks = /^kubectl (version|config (current-context|view)|get) /;
        return readFileSync(scratch.calls, "utf8")
            .split("\n")
            .filter((line) => line !== "" && !looks.test(`${line} `));
    }

    function assertRefused({ status, stdout, stderr }: Ended, problem: string, remedy: string): void {
        // Progress may come before it, but one message is all that is said of the problem.
        assert.equal(stderr.replace(/^ {2}the Pulumi engine .*\n/gm, ""), `error: ${problem}\n  ${remedy}\n`);
        assert.equal(stdout, "");
        assert.equal(status, 1);
        assert.deepEqual(scratch.made(), []);
        assert.deepEqual(changes(), []);
    }

    function start(args: readonly string[] = [], file = kubeconfig): Ended {
        return scratch.run("start.ts", args, { KUBECONFIG: file });
    }

    const remedy = "Mend it, or unset KUBECONFIG to use the lab.";

    it("whose kubeconfig does not exist is refused", () => {
        const file = join(scratch.root, "missing");
        assertRefused(start(["--yes"], file), `KUBECONFIG names ${file}, which does not exist.`, remedy);
    });

    it("whose server does not answer is refused, with the reason", () => {
        const reason = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?";
        const problem = `The cluster at ${server} (context far) does not answer: ${reason}`;
        assertRefused(start(["--yes"]), problem, remedy);
    });

    it("whose kubeconfig names no context is refused", () => {
        scratch.standIn("kubectl", '[ "$1" = version ] || { echo "error: current-context is not set" >&2; exit 1; }');
        assertRefused(start(["--yes"]), `KUBECONFIG (${kubeconfig}) names no current context.`, remedy);
    });

    it("is refused where there is no kubectl to look at it", () => {
        scratch.standIn("kubectl", "exit 127");
        const problem = "kubectl is not installed, and a cluster of yours is looked at with it.";
        assertRefused(start(["--yes"]), problem, "Install kubectl.");
    });

    it("is not touched without a terminal unless --yes says so", () => {
        is("answers");
        const problem = `KUBECONFIG names a cluster: context far, ${server}.`;
        assertRefused(start(), problem, "Say that it may be touched: add -- --yes to the command.");
    });

    it("is not touched when it has a namespace of the site that somebody else made", () => {
        is("answers", "taken");
        const problem = "The cluster already has namespace/kube-infra, and this stack did not make it.";
        const names = "registry.namespace, registry.proof.namespace, nodeTrust.namespace";
        assertRefused(start(["--yes"]), problem, `Remove it, or choose other names in Pulumi.dev.yaml: ${names}.`);
    });

    it("is not touched when nobody can say whether it has such a namespace", () => {
        is("answers", "forbidden");
        const reason = "Error from server (Forbidden): namespaces is forbidden";
        const problem = `The namespaces of the cluster cannot be listed: ${reason}`;
        assertRefused(start(["--yes"]), problem, "Give the account that right.");
    });

    it("is not touched when it cannot be told from others", () => {
        is("answers", "nameless");
        const remedy = "The account of the kubeconfig must be allowed to read the namespace kube-system.";
        assertRefused(start(["--yes"]), "The cluster does not say which one it is: ", remedy);
    });

    it("is not guessed where KUBECONFIG names several files", () => {
        const files = `${kubeconfig}:${kubeconfig}`;
        const problem = `KUBECONFIG names several files: ${files}.`;
        assertRefused(start(["--yes"], files), problem, "Name one: the first context in it is used.");
    });

    it("is named before it is touched, and then has a state of its own", () => {
        is("answers");
        const { status, stdout, stderr } = start(["--yes"]);
        assert.equal(status, 0, stderr);
        assert.ok(stderr.includes(`on this cluster: context far, ${server}\n`), stderr);
        const verbs = changes().map((line) => line.split(" ").slice(0, 4).join(" "));
        assert.deepEqual(verbs, ["npx pulumi stack init", "npx pulumi up --yes", "npx pulumi stack output"]);
        assert.ok(scratch.made().some((path) => path.endsWith("-site/cluster-uid-of-cluster/passphrase")));
        assert.ok(stdout.startsWith("The registry registry.site.test is up.\n"), stdout);
        assert.ok(stdout.includes(`  export KUBECONFIG='${kubeconfig}'\n`), stdout);
    });

    it("is not stopped when nothing was started on it", () => {
        is("answers");
        assertRefused(
            scratch.run("stop.ts", ["--yes"], { KUBECONFIG: kubeconfig }),
            `npm start has made nothing on ${server}.`,
            "Unset KUBECONFIG to stop the lab.",
        );
    });
});

describe("the commands of a lab that is down", () => {
    let scratch: ScratchCheckout;
    before(() => {
        scratch = new ScratchCheckout();
    });
    after(() => {
        scratch.remove();
    });

    it("stop: finds nothing to do, and leaves nothing", () => {
        const { status, stderr } = scratch.run("stop.ts", []);
        assert.equal(status, 0, stderr);
        assert.deepEqual(scratch.made(), ["siteregistry"]);
        assert.ok(!existsSync(join(scratch.cache, "siteregistry")));
    });

    it("status: says so with the remedy, and fails", () => {
        const { status, stdout } = scratch.run("cli.ts", ["status"]);
        assert.match(stdout, /^The lab [0-9a-f]{6} is down\.\nBring it up with "npm run lab -- up"\.\n$/);
        assert.equal(status, 1);
    });

    for (const args of [["kubectl", "get", "pods"], ["env"], ["exec", "node1", "--", "true"], ["logs", "node1"]]) {
        it(`${args.join(" ")}: says what is not up and the remedy, and fails`, () => {
            const { status, stdout, stderr } = scratch.run("cli.ts", args);
            assert.match(stderr, /^The (lab|machine) .*\.\n {2}Bring the lab up with "npm run lab -- up"\.\n$/);
            assert.equal(stdout, "");
            assert.equal(status, 1);
        });
    }

    it("exec: names the machines when it is asked for one that there is not", () => {
        const { status, stderr } = scratch.run("cli.ts", ["exec", "node3", "--", "true"]);
        const machines = "control-plane, node1, node2, host1, outside";
        assert.equal(stderr, `There is no machine "node3".\n  The machines are ${machines}.\n`);
        assert.equal(status, 1);
    });

    for (const [command, code] of [
        ["help", 0],
        ["upp", 2],
    ] as const) {
        it(`${command}: shows what can be said, and ends with ${code.toString()}`, () => {
            const { status, stderr } = scratch.run("cli.ts", [command]);
            assert.match(stderr, /^usage: npm run lab -- COMMAND\n/);
            assert.equal(status, code);
        });
    }
});

describe("the stack of the site on the lab", () => {
    let scratch: ScratchCheckout;
    let target: typeof Target;
    let restore: () => void;
    beforeEach(async () => {
        scratch = new ScratchCheckout();
        restore = setVariables(scratch.variables);
        target = (await scratch.load("site/target.ts")) as typeof Target;
    });
    afterEach(() => {
        restore();
        scratch.remove();
    });

    /** Nothing of a lab but its cluster's identity is asked for. */
    function labWith(uid: string): Lab {
        const kubectl: Lab["kubectl"] = () => Promise.resolve({ code: 0, stdout: uid, stderr: "" });
        return { kubeconfig: "/the/kubeconfig", kubectl } as Lab;
    }

    it("forgets the states of labs that are no more, and not those of the user's clusters", async () => {
        const old = (await target.labStack(labWith("old"))).folder;
        const users = join(old, "..", "cluster-users");
        for (const folder of [old, users]) mkdirSync(folder, { recursive: true });
        assert.equal((await target.labStack(labWith("old"))).folder, old);
        assert.deepEqual(target.foldersOf("lab"), [old]);
        assert.notEqual((await target.labStack(labWith("new"))).folder, old);
        assert.deepEqual(target.foldersOf("lab"), []);
        assert.deepEqual(target.foldersOf("cluster"), [users]);
    });

    it("is meant when KUBECONFIG names the lab's own", async () => {
        const paths = (await scratch.load("paths.ts")) as typeof Paths;
        mkdirSync(paths.stateDir(), { recursive: true });
        const own = join(paths.stateDir(), "kubeconfig");
        writeFileSync(own, "{}");
        const undo = setVariables({ KUBECONFIG: own });
        try {
            assert.equal(await target.userCluster(), undefined);
        } finally {
            undo();
        }
    });
});
