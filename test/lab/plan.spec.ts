import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as plan from "../../lab/network/plan.ts";
import { checkout } from "../../lab/paths.ts";

interface Range {
    readonly first: number;
    readonly last: number;
}

function numberOf(address: string): number {
    const parts = address.split(".").map(Number);
    assert.ok(parts.length === 4 && parts.every((part) => part >= 0 && part <= 255), address);
    return parts.reduce((number, part) => number * 256 + part, 0);
}

function rangeOf(cidr: string): Range {
    const [address = "", bits = ""] = cidr.split("/");
    const first = numberOf(address);
    const size = 2 ** (32 - Number(bits));
    assert.equal(first % size, 0, `${cidr} has bits behind its prefix`);
    return { first, last: first + size - 1 };
}

function holds({ first, last }: Range, address: string): boolean {
    return first < numberOf(address) && numberOf(address) < last;
}

function assertDisjoint(cidrs: readonly string[]): void {
    const ranges = cidrs.map(rangeOf).sort((one, other) => one.first - other.first);
    for (const [index, range] of ranges.entries()) {
        const next = ranges[index + 1];
        assert.ok(next === undefined || range.last < next.first, `overlap in ${cidrs.join(", ")}`);
    }
}

/** The network of one side; the machines' links take every one for a /24. */
function networkOf(side: keyof typeof plan.routerAddress): string {
    return plan.routerAddress[side].replace(/\.\d+$/, ".0/24");
}

describe("the plan of the lab's network", () => {
    it("gives no address and no name twice, routers included", () => {
        const addresses = [...Object.values(plan.routerAddress), ...plan.machines.map(({ address }) => address)];
        const names = ["router", ...plan.machines.map(({ name }) => name)];
        for (const all of [addresses, names]) assert.deepEqual(all, [...new Set(all)]);
    });

    it("has no two networks that overlap", () => {
        assertDisjoint([networkOf("site"), networkOf("outside"), plan.podCidr, plan.serviceCidr]);
    });

    it("has every machine on the network of its side", () => {
        for (const { name, side, address } of plan.machines) {
            assert.ok(holds(rangeOf(networkOf(side)), address), `${name} at ${address}`);
        }
    });

    it("gives each node its own part of the pods' network, and nobody else one", () => {
        const parts = plan.machines.flatMap(({ podCidr }) => (podCidr === undefined ? [] : [podCidr]));
        assert.equal(parts.length, plan.nodes.length);
        assertDisjoint(parts);
        const all = rangeOf(plan.podCidr);
        for (const { first, last } of parts.map(rangeOf)) assert.ok(all.first <= first && last <= all.last);
    });

    it("has two nodes, so that what only works on one node is seen", () => {
        assert.ok(plan.nodes.length >= 2);
        assert.ok(plan.nodes.every(({ side }) => side === "site"));
    });

    it("names machines so that the kernel takes the names for interfaces", () => {
        for (const { name } of plan.machines) assert.match(name, /^[a-z][a-z0-9-]{0,14}$/);
    });

    it("has the ingress on a node, where Traefik listens", () => {
        assert.ok(plan.nodes.some(({ address }) => address === plan.ingressAddress));
    });

    it("has the API server first in the services' network, which is the address the API server gives itself", () => {
        assert.equal(numberOf(plan.apiServiceAddress), rangeOf(plan.serviceCidr).first + 1);
    });

    it("has the name server where the Service of CoreDNS is, with another address than the API server", () => {
        const manifest = readFileSync(join(checkout, "lab/addons/manifests/coredns.yaml"), "utf8");
        assert.equal(/clusterIP: (\S+)/.exec(manifest)?.[1], plan.clusterDnsAddress);
        assert.ok(holds(rangeOf(plan.serviceCidr), plan.clusterDnsAddress));
        assert.notEqual(plan.clusterDnsAddress, plan.apiServiceAddress);
    });
});
