import { current, up, type Lab } from "../../lab/lab.ts";
import { consoleReport } from "../../lab/report.ts";

/** The lab, brought up where an earlier spec has taken it down. */
export async function runningLab(): Promise<Lab> {
    return (await current()) ?? (await up(consoleReport()));
}
