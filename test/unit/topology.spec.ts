import assert from "node:assert/strict";

import { replicationOf, topologyMistakes, type Topology, type TopologyFlow } from "../../components/harbor/topology.ts";

const site = (name: string, more: object = {}) => ({ name, type: "harbor", url: `https://${name}.test`, ...more });
const sites = [
    site("central", { accessKey: "robot$copy" }),
    site("north"),
    site("south"),
    site("hub", { type: "docker-hub" }),
];
const flow = (name: string, from: string, to: string[], more: Partial<TopologyFlow> = {}): TopologyFlow => ({
    ...{ name, from, to, by: "pull", filters: [], destinationNamespace: "", trigger: "scheduled" },
    ...more,
});
const named = (value: string) => [{ type: "name", value }];
const messages = (flows: TopologyFlow[], at = "central", all = sites): string[] =>
    topologyMistakes({ sites: all, flows }, at).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("a topology of Harbors", () => {
    const topology: Topology = {
        sites,
        flows: [
            flow("base", "hub", ["central"], { filters: named("library/**") }),
            flow("apps", "central", ["north", "south"], { filters: named("apps/**") }),
            flow("reports", "north", ["central"], { by: "push", filters: named("reports/**"), trigger: "event_based" }),
        ],
    };

    it("gives each site its endpoints and rules, and nothing of the others", () => {
        assert.deepEqual(topologyMistakes(topology, "north"), []);
        const { endpoints, rules } = replicationOf(topology, "north");
        assert.deepEqual(endpoints, [sites[0]]);
        assert.deepEqual(
            rules.map(({ name, mode, endpoint, trigger }) => [name, mode, endpoint, trigger]),
            [
                ["apps-from-central", "pull", "central", "scheduled"],
                ["reports-to-central", "push", "central", "event_based"],
            ],
        );
        assert.ok(rules.every((rule) => !("from" in rule || "to" in rule || "by" in rule)));
        const central = replicationOf(topology, "central");
        assert.deepEqual(
            central.endpoints.map(({ name }) => name),
            ["hub"],
        );
        assert.deepEqual(
            central.rules.map(({ name }) => name),
            ["base-from-hub"],
        );
        assert.deepEqual(
            replicationOf(topology, "south").rules.map(({ name }) => name),
            ["apps-from-central"],
        );
    });

    it("has a rule for each site that is pushed to, and an endpoint by the stack that tells of it", () => {
        const all = [
            site("central"),
            { name: "north", type: "harbor", stack: "acme/siteregistry/north" },
            site("south"),
        ];
        const pushed = { sites: all, flows: [flow("apps", "central", ["north", "south"], { by: "push" })] };
        const { endpoints, rules } = replicationOf(pushed, "central");
        assert.deepEqual(
            rules.map(({ name }) => name),
            ["apps-to-north", "apps-to-south"],
        );
        assert.deepEqual(endpoints[0], { name: "north", type: "harbor", site: "north" });
    });

    it("tells every mistake at once", () => {
        const found = messages(
            [
                flow("a", "nobody", ["north"]),
                flow("b", "north", ["south", "south", "elsewhere", "north"]),
                flow("c", "central", ["hub"]),
                flow("a", "nobody", ["north"]),
            ],
            "here",
            [...sites, site("north")],
        );
        const expected = [
            /^: has no site "here"; sites are central, north, south, hub, north$/,
            /^sites\.4\.name: north is there twice/,
            /^flows\.0\.from: is "nobody"; sites are/,
            /^flows\.1\.to\.2: is "elsewhere"/,
            /^flows\.1\.to\.1: south is there twice/,
            /^flows\.1\.to\.3: north would copy from itself/,
            /^flows\.2\.by: hub is of the type docker-hub and copies nothing itself/,
            /^flows\.3\.name: north would have two rules called a-from-nobody: flow 0 has this name too/,
        ];
        for (const one of expected)
            assert.ok(
                found.some((text) => one.test(text)),
                `${String(one)}\n${found.join("\n")}`,
            );
    });

    it("refuses a round that images would make by themselves, once, with the way", () => {
        const round = [
            flow("out", "central", ["north"]),
            flow("on", "north", ["south"]),
            flow("back", "south", ["central"]),
        ];
        assert.deepEqual(messages(round).length, 1);
        assert.match(
            messages(round)[0] ?? "",
            /^flows\.0\.filters: .* central -> north \(out\) -> south \(on\) -> central \(back\);/,
        );
    });

    it("lets a round be that a filter by name, another destination or a person ends", () => {
        const there = flow("there", "central", ["north"], { filters: named("apps/**") });
        const back = (more: Partial<TopologyFlow>) => [there, flow("back", "north", ["central"], more)];
        assert.equal(messages(back({})).length, 1);
        assert.equal(messages(back({ filters: named("app*/**") })).length, 1);
        assert.equal(messages(back({ filters: named("{apps,tools}/**") })).length, 1);
        assert.equal(messages(back({ filters: named("{reports,tools}/**") })).length, 0);
        assert.equal(messages(back({ filters: named("reports/**") })).length, 0);
        assert.equal(messages(back({ trigger: "manual" })).length, 0);
        const elsewhere = flow("there", "central", ["north"], { destinationNamespace: "mirror" });
        assert.equal(
            messages([elsewhere, flow("back", "north", ["central"], { filters: named("apps/**") })]).length,
            0,
        );
        // A tag says nothing of the way that an image takes next.
        assert.equal(messages(back({ filters: [{ type: "tag", value: "1.*" }] })).length, 1);
    });
});
