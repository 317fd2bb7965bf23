import { HarborReplication } from "../../../components/harborReplication.ts";
import { SiteProvider } from "../../../plugin/sdk/siteProvider.ts";

// So many rules do not fit into a stack file: the engine hands that over in one variable.
const { BENCH_HARBOR: harborUrl = "", BENCH_RULES: count = "0" } = process.env;
const provider = new SiteProvider("site", { harborUrl, harborUsername: "admin", harborPassword: "Harbor12345" });
const size = Number(count);
const endpoints = Array.from({ length: Math.ceil(size / 4) }, (_, index) => ({
    name: `endpoint-${index.toString()}`,
    type: "docker-registry",
    url: "http://remote.test:5000",
}));
const rules = Array.from({ length: size }, (_, index) => ({
    name: `rule-${index.toString()}`,
    mode: "pull",
    endpoint: `endpoint-${Math.floor(index / 4).toString()}`,
    filters: [{ type: "name", value: `org/app-${index.toString()}` }],
    destinationNamespace: "mirror",
}));
new HarborReplication("harbor", { endpoints, rules }, { providers: [provider] });
