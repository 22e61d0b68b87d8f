#!/bin/sh
# Plays systemd for Outtray's unit below a root of its own, as ROOT/usr/bin/systemctl: starts what the unit names, on the
# folder below the root, and is done when it is ready. With ROOT/run/fails nothing starts. ROOT/run/hidden names a file that
# is gone when it starts: what the administrator may read, the service may not. Sealed secrets are opened for the process.
root=$(cd "$(dirname "$0")/../.." && pwd)
unit=$root/etc/systemd/system/outtray.service
process=$root/run/outtray.process

# A process that has ended and that nobody has waited for has no program any more.
is_running() { [ -e "$process" ] && [ -e "/proc/$(cat "$process")/exe" ]; }

stop() {
    if is_running; then
        kill "$(cat "$process")"
        while is_running; do sleep 0.05; done
    fi
    rm -f "$process"
}

case "$1" in
daemon-reload | enable) ;;
disable) stop ;;
stop) stop ;;
show)
    if is_running; then printf 'ActiveState=active\nMainPID=%s\n' "$(cat "$process")"; else printf 'ActiveState=inactive\nMainPID=0\n'; fi
    ;;
start)
    is_running && exit 0
    if [ -e "$root/run/fails" ]; then
        echo "Job for outtray.service failed" >&2
        exit 1
    fi
    [ -e "$root/run/hidden" ] && rm -f "$(cat "$root/run/hidden")"
    # What the administrator's own process has been given is not the service's.
    unset CREDENTIALS_DIRECTORY
    credentials=$root/run/credentials
    rm -rf "$credentials"
    sed -n 's/^LoadCredentialEncrypted=\([^:]*\):\(.*\)/\1 \2/p' "$unit" >"$root/run/sealed"
    while read -r name file; do
        mkdir -p "$credentials"
        systemd-creds decrypt "--name=$name" "$root$file" "$credentials/$name" 2>>"$root/run/said" || exit 1
        export CREDENTIALS_DIRECTORY="$credentials"
    done <"$root/run/sealed"
    program=$(sed -n 's/^ExecStart="\(.*\)" run --data.*/\1/p' "$unit")
    ready=$root/run/ready
    rm -f "$ready"
    mkfifo "$ready"
    "$program" run --data "$root/var/lib/outtray" </dev/null >"$ready" 2>>"$root/run/said" &
    echo $! >"$process"
    read -r line <"$ready"
    case "$line" in
    "outtrayd ready"*) ;;
    *)
        echo "Job for outtray.service failed: $(cat "$root/run/said")" >&2
        rm -f "$process"
        exit 1
        ;;
    esac
    ;;
*)
    echo "unknown: $*" >&2
    exit 1
    ;;
esac
