//! One file a subcommand.
mod crictl;

pub(crate) fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
