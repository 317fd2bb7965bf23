#!/bin/sh
# boot.sh NAME BASE HOME CGROUPS [SOURCE:TARGET:ro|rw]...
# Makes a machine out of the read-only base root and becomes its init. Runs as PID 1 of fresh mount, PID, UTS, IPC,
# cgroup and network namespaces, so that no mount made here is ever seen by the host.
set -eu
name=$1 base=$2 home=$3 cgroups=$4
shift 4
root=$home/root

# /proc is still the host's here, so this is the PID by which the host knows this process.
read -r pid _ </proc/self/stat
echo "$pid" >"$home/pid"
echo "$name" >/proc/sys/kernel/hostname

mount -t overlay -o "lowerdir=$base,upperdir=$home/upper,workdir=$home/work" overlay "$root"
for bind; do
    source=${bind%%:*} rest=${bind#*:}
    target=$root${rest%%:*}
    mkdir -p "$target"
    mount --bind "$source" "$target"
    if [ "${rest##*:}" = ro ]; then mount -o remount,bind,ro "$target"; fi
done

mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    numbers=${device#*:}
    mknod -m 666 "$root/dev/${device%%:*}" c "${numbers%:*}" "${numbers#*:}"
done
# kubelet and journald want a kernel log, but the host's is none of a machine's business.
mknod -m 600 "$root/dev/kmsg" c 1 3
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

# Kernel settings belong to the host: read-only, all but those of this machine's own network.
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw "$root/proc/sys/net"
# kubelet insists on these; it is shown the values it wants instead of changing the host's.
mkdir -p "$home/settings"
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    file=$home/settings/$(echo "${setting%=*}" | tr / .)
    echo "${setting#*=}" >"$file"
    if [ -e "$root/proc/sys/${setting%=*}" ]; then mount --bind "$file" "$root/proc/sys/${setting%=*}"; fi
done

mount -t sysfs -o ro sysfs "$root/sys"
if [ "$cgroups" = unified ]; then
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/sys/fs/cgroup"
    for options in $cgroups; do
        directory=$root/sys/fs/cgroup/${options#name=}
        mkdir "$directory"
        mount -t cgroup -o "$options" cgroup "$directory"
    done
fi

cd "$root"
pivot_root . .
umount -l .
# kubelet's volumes and containers' mounts propagate; pivot_root refuses a shared root, so only now.
mount --make-rshared /
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
