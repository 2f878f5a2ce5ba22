//! One file a subcommand.
mod crictl;
mod uninstall;

pub(crate) fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
