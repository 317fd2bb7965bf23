// What the stack has is in Pulumi.<stack>.yaml alone.
import { outputs } from "siteregistry/program";

export default outputs;
