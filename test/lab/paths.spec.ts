import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import * as paths from "../../lab/paths.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

describe("the lab's places", () => {
    let other: ScratchCheckout;
    let restore: () => void;
    before(() => {
        other = new ScratchCheckout();
    });
    after(() => {
        other.remove();
    });
    beforeEach(() => {
        restore = setVariables({ XDG_CACHE_HOME: undefined, XDG_STATE_HOME: undefined });
    });
    afterEach(() => {
        restore();
    });

    it("differ between two checkouts, but for the cache, which both use", async () => {
        const theirs = (await other.load("paths.ts")) as typeof paths;
        assert.notEqual(theirs.labId(), paths.labId());
        assert.notEqual(theirs.stateDir(), paths.stateDir());
        assert.notEqual(theirs.siteDir(), paths.siteDir());
        assert.equal(theirs.cacheDir(), paths.cacheDir());
    });

    it("have a name short enough for interfaces and sockets", () => {
        assert.match(paths.labId(), /^[0-9a-f]{6}$/);
    });

    it("are where the XDG variables say", () => {
        setVariables({ XDG_CACHE_HOME: "/elsewhere/cache", XDG_STATE_HOME: "/elsewhere/state" });
        assert.equal(paths.cacheDir(), "/elsewhere/cache/siteregistry");
        assert.equal(paths.stateDir(), `/elsewhere/state/siteregistry/${paths.labId()}`);
    });

    it("are below the home directory when the XDG variables say nothing", () => {
        assert.equal(paths.cacheDir(), join(homedir(), ".cache/siteregistry"));
        assert.equal(paths.stateDir(), join(homedir(), `.local/state/siteregistry/${paths.labId()}`));
    });

    it("keep the site outside the lab's own folder, which goes with every sweep", () => {
        assert.ok(!`${paths.siteDir()}/`.startsWith(`${paths.stateDir()}/`));
    });
});
