#!/usr/bin/env bash
# Runs inside the cluster's own mount, network, process and IPC namespaces, as their first process: when it dies, the
# kernel takes every process, mount, link and packet filter rule of the cluster with it. Started by `cluster up` only.
set -euo pipefail

STATE=$1
# shellcheck source=/dev/null
. "$STATE/settings"
export PATH=$BIN:/usr/sbin:/usr/bin:/sbin:/bin
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

# supervise NAME COMMAND... : runs it, and runs it again whenever it ends.
supervise() {
    local name=$1
    shift
    while true; do
        "$@" </dev/null >>"$STATE/log/$name.log" 2>&1 || true
        echo "$(date -Is) $name ended, starting it again" >>"$STATE/log/node.log"
        sleep 1
    done &
}

# What programs write outside the state folder goes to memory that vanishes with the namespace.
shield_machine() {
    local folder
    mkdir -p /var/lib/cni /var/lib/kubelet
    for folder in /run /var/log /var/lib/cni /var/lib/kubelet; do
        mount -t tmpfs -o mode=755 tmpfs "$folder"
    done
    mkdir -p /run/lock /run/settings/net
    # Kernel settings of the network belong to our namespace, all others to the machine: read-only, and copies for those
    # that the kubelet insists on writing.
    mount --bind /proc/sys/net /run/settings/net
    mount --bind /proc/sys /proc/sys
    mount -o remount,bind,ro /proc/sys
    mount --move /run/settings/net /proc/sys/net
    local setting
    for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
        cp "/proc/sys/$setting" "/run/settings/${setting##*/}"
        mount --bind "/run/settings/${setting##*/}" "/proc/sys/$setting"
    done
}

join_network() {
    ip link set lo up
    until ip link show node0 >/dev/null 2>&1; do sleep 0.05; done
    ip address add "$NODE_ADDRESS/30" dev node0
    ip link set node0 up
    ip route add default via "$HOST_ADDRESS"
    echo 1 >/proc/sys/net/ipv4/ip_forward
    [ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
}

control_plane() {
    local pki=$STATE/pki
    supervise etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster default=http://127.0.0.1:2380
    supervise kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
        --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$NODE_ADDRESS" \
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
        --service-account-key-file="$pki/service-accounts.pub" --service-account-signing-key-file="$pki/service-accounts.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range="$SERVICES" \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
        --kubelet-preferred-address-types=InternalIP \
        --kubelet-client-certificate="$pki/apiserver-kubelet.crt" --kubelet-client-key="$pki/apiserver-kubelet.key" \
        --requestheader-client-ca-file="$pki/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy \
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- \
        --proxy-client-cert-file="$pki/front-proxy.crt" --proxy-client-key-file="$pki/front-proxy.key" \
        --profiling=false
}

node() {
    supervise containerd containerd --config "$STATE/containerd.toml"
    until curl --silent --fail --noproxy '*' --cacert "$STATE/pki/ca.crt" --output /dev/null https://127.0.0.1:6443/readyz; do sleep 0.1; done
    supervise kube-controller-manager kube-controller-manager --kubeconfig="$STATE/kube-controller-manager.kubeconfig" \
        --service-account-private-key-file="$STATE/pki/service-accounts.key" --root-ca-file="$STATE/pki/ca.crt" \
        --cluster-signing-cert-file="$STATE/pki/ca.crt" --cluster-signing-key-file="$STATE/pki/ca.key" \
        --use-service-account-credentials --leader-elect=false --profiling=false
    supervise kubelet kubelet --config="$STATE/kubelet.yaml" --kubeconfig="$STATE/kubelet.kubeconfig" \
        --root-dir="$STATE/kubelet" --hostname-override=node --node-ip="$NODE_ADDRESS"
    supervise kube-scheduler kube-scheduler --kubeconfig="$STATE/kube-scheduler.kubeconfig" --leader-elect=false --profiling=false
    supervise kube-proxy kube-proxy --config="$STATE/kube-proxy.yaml"
    ip address add "$DNS/32" dev lo
    supervise coredns coredns -conf "$STATE/Corefile"
    supervise volumes volumes -kubeconfig "$STATE/volumes.kubeconfig" -root "$STATE/volumes"
}

shield_machine
join_network
control_plane
[ "$FLAVOUR" = control-plane ] || node
wait
