//! What the cluster tests rely on a light machine for. Needs root.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use bowline_tests::machine::{Machine, Spec, run_init_if_asked};
use libtest_mimic::{Arguments, Failed};
use nix::sys::signal::Signal;

type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    run_init_if_asked();
    let root = nix::unistd::geteuid().is_root();
    let trials = bowline_tests::trials![
        a_machine_is_a_computer_of_its_own,
        two_machines_reach_each_other_and_nothing_else,
        a_power_cut_leaves_nothing_but_the_disk,
        the_disk_outlives_a_power_cut,
        changed_files_are_what_programs_changed,
        kernel_settings_stay_in_the_machine,
        the_data_dir_holds_overlay_snapshots,
        a_small_data_dir_fills_up,
        a_program_gets_signals_and_tells_its_end,
        a_machine_that_stays_is_found_again,
    ];
    let trials = trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(!root))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn started(name: &str) -> Result<Machine, Failed> {
    let mut machine = Machine::create(Spec::new(name))?;
    machine.start()?;
    Ok(machine)
}

fn a_machine_is_a_computer_of_its_own() -> Outcome {
    let machine = started("own-computer")?;
    assert_eq!(machine.shell("hostname")?, "own-computer");
    assert_eq!(machine.shell("cat /etc/resolv.conf")?, "");
    assert_eq!(
        machine.shell("ls /run /tmp | grep -c bowline-machines || true")?,
        "0"
    );
    let processes = machine.shell("busybox ps | wc -l")?;
    assert!(processes.parse::<u32>()? < 8, "it sees {processes} processes");
    let links = machine.shell("ls /sys/class/net | tr '\\n' ' '")?;
    assert!(links.contains("eth0") && !links.contains("bwl"), "links {links}");
    // Control groups that it makes are its own: they are not where the host would put them.
    let pids = machine.shell(
        "dirname $(ls /sys/fs/cgroup/pids/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null | head -n 1)",
    )?;
    machine.shell(&format!("mkdir {pids}/probe"))?;
    assert!(!Path::new(&pids).join("probe").exists());
    assert_eq!(machine.shell("findmnt -n -o PROPAGATION /")?, "shared");
    // The door brought this very process into the machine's groups: seen from inside, that is the top.
    let groups = machine.shell("cut -d: -f3 /proc/self/cgroup | sort -u | tr '\\n' ' '")?;
    assert!(
        ["/", "/ /init", "/init"].contains(&groups.trim()),
        "groups {groups:?}"
    );
    Ok(())
}

fn two_machines_reach_each_other_and_nothing_else() -> Outcome {
    let (one, other) = (started("pair-one")?, started("pair-other")?);
    assert_ne!(one.address(), other.address());
    let serve = other.command("busybox")?;
    let mut serve = serve;
    serve.args(["nc", "-l", "-p", "4000", "-e", "hostname"]);
    let log = other.folder().join("nc.log");
    let _server = other.spawn(serve, &log)?;
    let ask = format!(
        "for i in 1 2 3 4 5 6 7 8 9; do busybox nc -w 2 {} 4000 </dev/null && exit; sleep 0.1; done; exit 1",
        other.address()
    );
    assert_eq!(one.shell(&ask)?, "pair-other");
    assert_eq!(
        one.shell("ip -4 -o route show default | cut -d' ' -f3")?,
        "10.231.0.1"
    );
    Ok(())
}

fn a_power_cut_leaves_nothing_but_the_disk() -> Outcome {
    let before = Traces::now()?;
    let mut machine = started("power-cut")?;
    let mut sleep = machine.command("sleep")?;
    sleep.arg("4242");
    let process = machine.spawn(sleep, &machine.folder().join("sleep.log"))?;
    let pid = process.pid()?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while machine.processes("sleep")? != [pid] {
        assert!(Instant::now() < deadline, "sleep is not found");
    }
    machine.shell("mkdir /mnt/x && mount -t tmpfs none /mnt/x && ip link add dummy-bridge type bridge")?;
    machine.power_cut()?;
    assert!(
        !Path::new("/proc").join(pid.to_string()).exists(),
        "its process lives on"
    );
    process.wait(Duration::from_secs(5))?;
    assert!(machine.processes("")?.is_empty());
    assert!(machine.folder().join("upper/mnt/x").is_dir());
    let number = machine.address().octets()[3];
    let after = Traces::now()?;
    assert!(
        after
            .groups
            .iter()
            .all(|group| !group.ends_with(format!("bowline-machine-{number}"))),
        "{after:?}"
    );
    assert!(!after.links.contains(&format!("bwl-{number}")), "{after:?}");
    assert_eq!(after.mounts, before.mounts);
    let folder = machine.folder().to_owned();
    machine.remove()?;
    assert!(!folder.exists());
    Ok(())
}

fn the_disk_outlives_a_power_cut() -> Outcome {
    let mut machine = started("disk-stays")?;
    machine.shell("echo one >/etc/kept; echo two >/var/lib/bowline/kept; echo three >/run/lost; sync")?;
    let boot_id = machine.shell("cat /proc/sys/kernel/random/boot_id")?;
    for _ in 0..5 {
        machine.power_cut()?;
        machine.start()?;
    }
    assert_eq!(machine.shell("cat /etc/kept /var/lib/bowline/kept")?, "one\ntwo");
    assert_eq!(machine.shell("ls /run/lost 2>/dev/null || echo lost")?, "lost");
    assert_ne!(machine.shell("cat /proc/sys/kernel/random/boot_id")?, boot_id);
    assert_eq!(fs_err::read_to_string(machine.data_dir().join("kept"))?, "two\n");
    assert_eq!(fs_err::read_to_string(machine.path("/etc/kept"))?, "one\n");
    machine.stop()?;
    assert!(!machine.is_running());
    assert_eq!(fs_err::read_to_string(machine.path("/etc/kept"))?, "one\n");
    Ok(())
}

fn changed_files_are_what_programs_changed() -> Outcome {
    let machine = started("changed-files")?;
    let before = machine.changed_files()?;
    machine.shell("mkdir -p /etc/one/two && echo x >/etc/one/two/three && echo y >/run/not-on-disk")?;
    let after = machine.changed_files()?;
    let new: Vec<_> = after.into_iter().filter(|file| !before.contains(file)).collect();
    assert_eq!(
        new,
        ["/etc/one", "/etc/one/two", "/etc/one/two/three"].map(PathBuf::from)
    );
    machine.shell("rm -r /etc/one")?;
    assert_eq!(machine.changed_files()?, before);
    Ok(())
}

fn kernel_settings_stay_in_the_machine() -> Outcome {
    let machine = started("kernel-settings")?;
    for setting in [
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/kernel/panic",
        "/proc/sys/kernel/keys/root_maxkeys",
    ] {
        let host = fs_err::read_to_string(setting)?;
        machine.shell(&format!("echo 12345 >{setting}"))?;
        assert_eq!(machine.shell(&format!("cat {setting}"))?, "12345");
        assert_eq!(
            fs_err::read_to_string(setting)?,
            host,
            "{setting} of the host has changed"
        );
    }
    machine.shell("echo 1 >/proc/sys/net/ipv4/ip_forward")?;
    assert_eq!(machine.shell("cat /proc/sys/net/ipv4/ip_forward")?, "1");
    Ok(())
}

fn the_data_dir_holds_overlay_snapshots() -> Outcome {
    let machine = started("snapshots")?;
    machine.shell(
        "cd /var/lib/bowline && mkdir l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m \
         && echo x >m/file && test -e u/file",
    )?;
    Ok(())
}

fn a_small_data_dir_fills_up() -> Outcome {
    let mut spec = Spec::new("small-disk");
    spec.data_limit = Some(1 << 20);
    let mut machine = Machine::create(spec)?;
    machine.start()?;
    fs_err::write(machine.data_dir().join("from-outside"), "x")?;
    assert_eq!(machine.shell("cat /var/lib/bowline/from-outside")?, "x");
    let full = machine.run(
        "dd",
        &["if=/dev/zero", "of=/var/lib/bowline/big", "bs=64k", "count=32"],
    );
    let full = full.expect_err("two megabytes do not fit").to_string();
    assert!(full.contains("No space left"), "{full}");
    Ok(())
}

fn a_program_gets_signals_and_tells_its_end() -> Outcome {
    let machine = started("signals")?;
    let mut command = machine.command("sh")?;
    command.args([
        "-c",
        "trap 'echo caught; exit 7' TERM; echo $GREETING; while :; do sleep 0.05; done",
    ]);
    command.env("GREETING", "hello");
    let log = machine.folder().join("sh.log");
    let process = machine.spawn(command, &log)?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !fs_err::read_to_string(&log)?.contains("hello") {
        assert!(Instant::now() < deadline, "the program does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(process.ended()?.is_none());
    process.signal(Signal::SIGTERM)?;
    assert_eq!(process.wait(Duration::from_secs(10))?.code(), Some(7));
    assert!(fs_err::read_to_string(&log)?.contains("caught"));

    let failed = machine
        .run("sh", &["-c", "echo why >&2; exit 3"])
        .expect_err("the script fails")
        .to_string();
    assert!(failed.contains("why") && failed.contains('3'), "{failed}");
    Ok(())
}

fn a_machine_that_stays_is_found_again() -> Outcome {
    let mut spec = Spec::new("stays");
    spec.stays = true;
    let mut machine = Machine::create(spec)?;
    machine.start()?;
    drop(machine);
    let found = Machine::open("stays")?.ok_or("it is not found")?;
    assert!(found.is_running());
    let output = found.command("hostname")?.stdin(Stdio::null()).output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "stays\n");
    found.remove()?;
    assert!(Machine::open("stays")?.is_none());
    Ok(())
}

/// What a machine might leave on the host.
#[derive(Debug)]
struct Traces {
    links: Vec<String>,
    groups: Vec<PathBuf>,
    mounts: usize,
}

impl Traces {
    fn now() -> Result<Self, Failed> {
        let mut groups = Vec::new();
        for top in fs_err::read_dir("/sys/fs/cgroup")?.chain(fs_err::read_dir("/sys/fs")?) {
            if let Ok(children) = fs_err::read_dir(top?.path()) {
                groups.extend(children.filter_map(Result::ok).map(|child| child.path()));
            }
        }
        let mounts = fs_err::read_to_string("/proc/self/mountinfo")?.lines().count();
        let links = fs_err::read_dir("/sys/class/net")?
            .filter_map(|link| link.ok()?.file_name().into_string().ok())
            .collect();
        Ok(Self {
            links,
            groups,
            mounts,
        })
    }
}
