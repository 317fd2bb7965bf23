import { join } from "node:path";
import { inspect } from "node:util";
import { current, down, up } from "./lab.ts";
import type { Lab } from "./lab.ts";
import { leftOvers } from "./machines/sweep.ts";
import { attached, Refusal } from "./machines/command.ts";
import { enter, machinePid } from "./machines/machine.ts";
import { machines } from "./network/plan.ts";
import { labId } from "./paths.ts";
import { consoleReport, sayTimings } from "./report.ts";

const usage = `usage: npm run lab -- COMMAND

  up                      bring the lab up; at once when it is up and well
  down                    remove it and all it made; the cache stays
  status                  machines, nodes, and how to reach them; exits 1 when the lab is not up
  kubectl ARGS...         kubectl against the lab
  exec MACHINE -- CMD...  run a command in a machine (${machines.map(({ name }) => name).join(", ")})
  logs [MACHINE [UNIT]]   what systemd's journal has, of all machines, one, or one unit of it
  env                     shell lines that point kubectl and others at the lab: eval "$(npm run --silent lab -- env)"`;

/** Runs one command line and returns its exit code. */
async function main([command = "", ...args]: readonly string[]): Promise<number> {
    switch (command) {
        case "up":
            return bringUp();
        case "down":
            await down(consoleReport());
            return 0;
        case "status":
            return status();
        case "kubectl": {
            const lab = await running();
            return attached([lab.kubectlPath, "--kubeconfig", lab.kubeconfig, ...args]);
        }
        case "exec": {
            const [machine = "", ...rest] = args;
            const argv = rest[0] === "--" ? rest.slice(1) : rest;
            checkMachine(machine);
            return attached(enter(machine, argv.length > 0 ? argv : ["bash"]));
        }
        case "logs":
            return logs(args);
        case "env": {
            const lab = await running();
            process.stdout.write(`export KUBECONFIG='${lab.kubeconfig}'\n`);
            process.stdout.write(`export PATH='${join(lab.kubectlPath, "..")}':"$PATH"\n`);
            return 0;
        }
        default:
            process.stderr.write(`${usage}\n`);
            return command === "" || command === "help" || command === "--help" ? 0 : 2;
    }
}

async function bringUp(): Promise<number> {
    const report = consoleReport();
    const begun = performance.now();
    const lab = await up(report);
    sayTimings(report, begun, `in all; lab ${lab.id}, nodes ${lab.nodes.join(", ")}`);
    report.say(`KUBECONFIG=${lab.kubeconfig}`);
    return 0;
}

async function status(): Promise<number> {
    const lab = await current();
    const say = (text: string): void => {
        process.stdout.write(`${text}\n`);
    };
    if (lab === undefined) {
        const left = leftOvers();
        say(
            left.length === 0 ? `The lab ${labId()} is down.` : `The lab ${labId()} is half there: ${left.join(", ")}.`,
        );
        say('Bring it up with "npm run lab -- up".');
        return 1;
    }
    say(`lab ${lab.id}`);
    for (const { name, address } of machines)
        say(`  ${name.padEnd(14)} ${address.padEnd(15)} pid ${String(machinePid(name))}`);
    say((await lab.kubectl(["get", "nodes"])).stdout.trimEnd());
    say((await lab.kubectl(["get", "pods", "--all-namespaces"])).stdout.trimEnd());
    say(`KUBECONFIG=${lab.kubeconfig}`);
    return 0;
}

async function logs([machine, unit]: readonly string[]): Promise<number> {
    if (machine !== undefined) checkMachine(machine);
    const journal = ["journalctl", "--no-pager", ...(unit === undefined ? [] : [`--unit=${unit}`])];
    let code = 0;
    for (const { name } of machines) {
        if (machine === undefined ? machinePid(name) === undefined : machine !== name) continue;
        if (machine === undefined) process.stdout.write(`--- ${name}\n`);
        code = Math.max(code, await attached(enter(name, journal)));
    }
    return code;
}

function checkMachine(name: string): void {
    const known = machines.map((machine) => machine.name);
    if (!known.includes(name))
        throw new Refusal(`There is no machine "${name}".`, `The machines are ${known.join(", ")}.`);
    if (machinePid(name) === undefined) throw notUp(`The machine ${name} does not run.`);
}

async function running(): Promise<Lab> {
    const lab = await current();
    if (lab === undefined) throw notUp("The lab of this checkout is not up.");
    return lab;
}

function notUp(problem: string): Refusal {
    return new Refusal(problem, 'Bring the lab up with "npm run lab -- up".');
}

// A reader that has seen enough (such as head) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
});

try {
    process.exitCode = await main(process.argv.slice(2));
} catch (error) {
    // A failure has words of its own; only a mistake in the program needs its place in it.
    const said = error instanceof Error && ["Error", "Refusal"].includes(error.name) ? error.message : inspect(error);
    process.stderr.write(`${said}\n`);
    process.exitCode = 1;
}
