//! An etcd and a kube-apiserver on loopback ports, with keys that live as long as they do.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client, Config};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "only-for-this-test";

/// A control plane without controllers.
pub(crate) struct Cluster {
    folder: TempDir,
    port: u16,
    _processes: Vec<Child>,
}

impl Cluster {
    /// The cluster that most tests share, with an operator running in it; nothing where its programs are missing.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = SHARED.get_or_init(|| {
            let cluster = Self::start()?;
            cluster.run_operator();
            Some(cluster)
        });
        cluster.as_ref()
    }

    /// Starts a cluster of one's own.
    pub(crate) fn start() -> Option<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Some(programs) = programs() else {
            eprintln!("skipped: BOWLINE_TEST_BIN names no folders with etcd and kube-apiserver");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [etcd_port, peer_port, port] = free_ports();
        let etcd = etcd(&programs.etcd, folder.path(), etcd_port, peer_port);
        let api_server = api_server(&programs.api_server, folder.path(), etcd_port, port);
        let cluster = Self {
            folder,
            port,
            _processes: vec![etcd, api_server],
        };
        super::block_on(cluster.until_ready());
        Some(cluster)
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(format!("https://127.0.0.1:{}", self.port).parse().unwrap());
        config.accept_invalid_certs = true;
        config.auth_info.token = Some(TOKEN.into());
        config
    }

    #[expect(
        clippy::unused_async,
        reason = "a client belongs to the runtime it is made in"
    )]
    pub(crate) async fn client(&self) -> Client {
        Client::try_from(self.config()).unwrap()
    }

    /// The folder that the shared operator watches.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.folder.path().join("manifests")
    }

    async fn until_ready(&self) {
        let begun = Instant::now();
        let client = self.client().await;
        let namespaces: Api<Namespace> = Api::all(client);
        // The API server makes it once it works.
        while namespaces.get_metadata("kube-system").await.is_err() {
            let log =
                || fs_err::read_to_string(self.folder.path().join("kube-apiserver.log")).unwrap_or_default();
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "kube-apiserver is not ready: {}",
                log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn run_operator(&self) {
        fs_err::create_dir_all(self.manifests()).unwrap();
        let config = self.config();
        let arguments = crate::Arguments {
            manifests: Some(self.manifests()),
            namespace: bowline_crds::SYSTEM_NAMESPACE.into(),
            kubeconfig: None,
            leader_elect: true,
            node_name: "test".into(),
        };
        std::thread::spawn(move || {
            super::block_on(async {
                let client = Client::try_from(config).unwrap();
                crate::run(client, &arguments, CancellationToken::new())
                    .await
                    .unwrap();
            });
        });
    }
}

/// The programs, if all are there.
struct Programs {
    etcd: PathBuf,
    api_server: PathBuf,
}

fn programs() -> Option<Programs> {
    let folders = std::env::var_os("BOWLINE_TEST_BIN")?;
    let find = |program: &str| {
        let paths = std::env::split_paths(&folders).map(|folder| folder.join(program));
        paths.into_iter().find(|path| path.is_file())
    };
    Some(Programs {
        etcd: find("etcd")?,
        api_server: find("kube-apiserver")?,
    })
}

fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn etcd(program: &Path, folder: &Path, port: u16, peer_port: u16) -> Child {
    let client = format!("http://127.0.0.1:{port}");
    let peer = format!("http://127.0.0.1:{peer_port}");
    let data = folder.join("etcd").display().to_string();
    let arguments = [
        format!("--data-dir={data}"),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        "--unsafe-no-fsync=true".into(),
    ];
    spawn(program, folder, &arguments)
}

fn api_server(program: &Path, folder: &Path, etcd_port: u16, port: u16) -> Child {
    let key = rcgen::KeyPair::generate().unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    fs_err::write(path("service-account.key"), key.serialize_pem()).unwrap();
    fs_err::write(path("service-account.pub"), key.public_key_pem()).unwrap();
    fs_err::write(path("tokens.csv"), format!("{TOKEN},test,test,system:masters")).unwrap();
    let arguments = [
        format!("--etcd-servers=http://127.0.0.1:{etcd_port}"),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", path("certificates")),
        format!("--token-auth-file={}", path("tokens.csv")),
        "--authorization-mode=Node,RBAC".into(),
        "--service-account-issuer=https://test".into(),
        format!("--service-account-key-file={}", path("service-account.pub")),
        format!(
            "--service-account-signing-key-file={}",
            path("service-account.key")
        ),
        "--service-cluster-ip-range=10.43.0.0/16".into(),
        // Needs a controller to make service accounts.
        "--disable-admission-plugins=ServiceAccount".into(),
    ];
    spawn(program, folder, &arguments)
}

/// Starts a program that ends with this process, however that ends: its keeper waits for the pipe to close.
fn spawn(program: &Path, folder: &Path, arguments: &[String]) -> Child {
    let name = program.file_name().unwrap_or_default().display();
    let log = fs_err::File::create(folder.join(format!("{name}.log"))).unwrap();
    Command::new("sh")
        .args([
            "-c",
            "exec 3<&0; \"$@\" </dev/null & read _ <&3; kill -9 $!",
            "keeper",
        ])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log.into_file())
        .spawn()
        .unwrap()
}
