import { PolicyPack } from "@pulumi/policy";

import { policiesOf } from "./policies.ts";
import { rules } from "./rules.ts";

new PolicyPack("siteregistry", { policies: rules.flatMap(policiesOf) });
