// Command volumes gives the local cluster its default StorageClass: a claim becomes a folder on the node and a
// PersistentVolume of type local, to which the kubelet applies fsGroup (it does not for hostPath).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v11/controller"
)

// name is what the StorageClass names as its provisioner.
const name = "finetune.dev/local-volumes"

// metricsPort answers while the program runs; `cluster status` asks it.
const metricsPort = 10302

// folders provisions volumes as folders directly under root. Their size is not enforced.
type folders struct{ root string }

func (f folders) Provision(_ context.Context, o controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	if o.SelectedNode == nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("claim %s/%s has no selected node: its class must use WaitForFirstConsumer", o.PVC.Namespace, o.PVC.Name)
	}
	path := f.path(o.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: o.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource:        v1.PersistentVolumeSource{Local: &v1.LocalVolumeSource{Path: path}},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
				MatchExpressions: []v1.NodeSelectorRequirement{{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{o.SelectedNode.Labels[v1.LabelHostname]}}},
			}}}},
		},
	}, controller.ProvisioningFinished, nil
}

func (f folders) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	// Only what Provision made: the path in the object is a user's word, the name is not a path.
	if volume.Spec.Local == nil || volume.Spec.Local.Path != f.path(volume.Name) {
		return &controller.IgnoredError{Reason: "not a folder of this provisioner"}
	}
	return os.RemoveAll(f.path(volume.Name))
}

func (f folders) path(volumeName string) string { return filepath.Join(f.root, volumeName) }

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the cluster")
	root := flag.String("root", "", "folder that holds one folder per volume")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Fatalf("kubeconfig %s: %v", *kubeconfig, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	controller.NewProvisionController(klog.NewContext(ctx, klog.Background()), kubernetes.NewForConfigOrDie(config), name, folders{*root},
		controller.LeaderElection(false), controller.MetricsPort(metricsPort)).Run(ctx)
}
