import { containerPort, gateProcess, paths, pushUsers, registrySocket } from "./paths.ts";

/** Tells whether the registry behind the gate answers at all; what it answers does not matter. */
export const alivePath = "/gate/alive";

/** Asks distribution whether a user may have a layer; only from inside the gate. */
const allowedPath = "/gate/allowed";

/** What distribution gets to know of a request. A place that adds to it must say it all again: nginx hands on all or nothing. */
const forwarded = `proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto https;`;

/** How distribution words that it knows nobody of this name and password. */
const unauthorized = `default_type application/json;
            add_header Docker-Distribution-Api-Version registry/2.0 always;
            return 401 '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}\\n';`;

/** What the gate's configuration depends on. */
export interface GateConfigArgs {
    /** What clients show when they ask for a login. */
    realm: string;
    /** Directory in which distribution's `filesystem` driver keeps the images. Without it they are elsewhere. */
    files?: string | undefined;
}

/**
 * The configuration of the gate: nginx in the registry's own pod. It speaks TLS, and lets only users of the role
 * `push` do anything but read, on whichever way a request comes (distribution itself gives every user every right).
 * Who somebody is, distribution checks as well; the gate adds no user and takes none away.
 * Layers that are files it reads itself, each time after distribution has said that this user may have this one.
 * Both files of users and the certificate are opened anew when they are needed, so that none of them needs a restart.
 * Directives: https://nginx.org/en/docs/dirindex.html; nothing in it is newer than nginx 1.22, and it needs nginx to be built with
 * threads and the module `auth_request`, as nginx's own image and those of the distributions are.
 */
export function gateConfig({ realm, files }: GateConfigArgs): string {
    const byRole = `# GET stands for GET and HEAD.
            limit_except GET {
                auth_basic ${JSON.stringify(realm)};
                auth_basic_user_file ${pushUsers};
            }
            error_page 401 = @refused; # the gate's own 401 with its challenge; distribution's goes through as it is
            proxy_pass http://registry;`;
    return `# Written by siteregistry.
daemon off;
worker_processes 4;
worker_rlimit_nofile 8192;
pid ${gateProcess};
error_log stderr warn;

events {
    worker_connections 4096;
    multi_accept on; # one at a time, 200 clients at once wait for their handshake until they give up
}

http {
    access_log off; # distribution keeps one
    server_tokens off;
    client_body_temp_path ${paths.run}/gate-body;
    proxy_temp_path ${paths.run}/gate-proxy;
    fastcgi_temp_path ${paths.run}/gate-fastcgi;
    uwsgi_temp_path ${paths.run}/gate-uwsgi;
    scgi_temp_path ${paths.run}/gate-scgi;

    # A name with a variable is opened at each handshake: a renewed certificate is there without a restart.
    map $ssl_server_name $certificate {
        default ${paths.certificate}/tls.crt;
    }
    map $ssl_server_name $certificate_key {
        default ${paths.certificate}/tls.key;
    }
    map $http_authorization $refusal {
        default 403;
        "" 401;
    }

    upstream registry {
        server unix:${registrySocket};
        keepalive 64;
    }

    server {
        listen ${containerPort.toString()} ssl reuseport backlog=4096;
        include ${paths.run}/listen-*.conf; # IPv6, where the node has it
        ssl_certificate $certificate;
        ssl_certificate_key $certificate_key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:registry:8m;
        ssl_session_timeout 1h;

        # Layers have no size limit, and go through without being stored here.
        client_max_body_size 0;
        proxy_request_buffering off;
        client_body_buffer_size 128k; # the pieces in which an upload is handed on; with nginx's 16k a push costs a sixth more
        proxy_max_temp_file_size 0;
        proxy_buffer_size 16k;
        proxy_buffers 8 64k;
        proxy_busy_buffers_size 128k;
        # The time between two pieces of data, not that of a whole transfer.
        client_body_timeout 300s;
        send_timeout 300s;
        # Distribution reads a large layer once more before it answers.
        proxy_read_timeout 900s;
        proxy_send_timeout 300s;

        proxy_http_version 1.1;
        ${forwarded}

        location / {
            ${byRole}
        }
${files === undefined ? "" : layersFrom(files, byRole)}
        location @refused {
            if ($refusal = 403) {
                return 403 '{"errors":[{"code":"DENIED","message":"this user may only pull, or the password is wrong"}]}\\n';
            }
            ${unauthorized}
        }

        location = ${alivePath} {
            proxy_intercept_errors on;
            error_page 401 503 =200 @alive; # who asks has no login, and a storage that fails is not mended by a restart
            proxy_pass http://registry/v2/;
        }

        location @alive {
            return 200;
        }
    }
}
`;
}

/**
 * Has the gate read layers from distribution's own files. Measured on two cores, pulls end up to a fifth sooner than through two
 * processes, and distribution's memory stays with pushes. The path is built from the very name that distribution is asked about, and a
 * name has no characters but a repository's; whatever it says but yes, distribution answers the request itself.
 * Layout: https://github.com/distribution/distribution/blob/v3.1.2/registry/storage/paths.go
 */
function layersFrom(files: string, byRole: string): string {
    return `
        location ~ "^/v2/(?<repository>[a-z0-9._/-]+)/blobs/sha256:(?<shard>[0-9a-f]{2})(?<rest>[0-9a-f]{62})$" {
            if ($request_method != GET) {
                return 418;
            }
            auth_request ${allowedPath};
            error_page 401 = @unauthorized; # distribution's challenge is in the answer already
            error_page 403 404 418 500 = @registry;
            recursive_error_pages on; # which has a refusal of its own
            alias ${files}/docker/registry/v2/blobs/sha256/$shard/$shard$rest/data;
            aio threads; # a slow disk keeps nobody else waiting
            output_buffers 2 256k;
            types { }
            default_type application/octet-stream;
            etag off;
            add_header ETag '"sha256:$shard$rest"';
            add_header Docker-Content-Digest "sha256:$shard$rest";
            add_header Docker-Distribution-Api-Version registry/2.0;
            add_header Cache-Control max-age=31536000;
            add_header X-Content-Type-Options nosniff;
        }

        location = ${allowedPath} {
            internal;
            proxy_method HEAD;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            ${forwarded.replaceAll("\n", "\n    ")}
            proxy_pass http://registry/v2/$repository/blobs/sha256:$shard$rest;
        }

        location @unauthorized {
            ${unauthorized}
        }

        location @registry {
            ${byRole}
        }
`;
}

/**
 * Starts nginx, listening on IPv6 as well where the kernel has it: elsewhere nginx would not start.
 * For a shell; the container's image needs no entry point of its own.
 */
export const gateCommand = [
    "sh",
    "-c",
    [
        "set -eu",
        `rm -f ${paths.run}/listen-6.conf`,
        `if [ -e /proc/net/if_inet6 ]; then echo 'listen [::]:${containerPort.toString()} ssl reuseport backlog=4096;' >${paths.run}/listen-6.conf; fi`,
        `exec nginx -c ${paths.gate}/nginx.conf`,
    ].join("\n"),
] as const;

/**
 * Runs before the gate is told to end. The Service's traffic finds its way to other pods first;
 * then nginx takes no new connection, ends what is under way, and this waits for that.
 */
export const gateFarewell = [
    "sh",
    "-c",
    `sleep 5; nginx -c ${paths.gate}/nginx.conf -s quit; while [ -e ${gateProcess} ]; do sleep 1; done`,
] as const;

/** Runs before the registry is told to end: whoever is still at the gate is served first. */
export const registryFarewell = ["sh", "-c", `while [ -e ${gateProcess} ]; do sleep 1; done`] as const;
