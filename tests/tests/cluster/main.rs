//! The cluster tests: what Bowline promises, checked with the real artifacts on light machines. Each module is one
//! promise. `cargo xtask test --only cluster` runs them; they need root and the artifacts of `cargo xtask bundle`.

mod access;
mod bundled;
mod charts;
mod containers;
mod crictl;
mod healing;
mod helm;
mod interruption;
mod network;
mod node_config;
mod readiness;
mod refusals;
mod registry;
mod renewal;
mod shared;
mod uninstall;

use std::process::ExitCode;

use bowline_tests::machine::{Machine, run_init_if_asked};
use bowline_tests::trials;
use libtest_mimic::{Arguments, Failed};

type Outcome = Result<(), Failed>;

fn main() -> ExitCode {
    run_init_if_asked();
    let mut arguments = Arguments::from_args();
    // A cluster takes a computer of two cores for itself; more than that is for who has more.
    arguments.test_threads.get_or_insert(1);
    if let Err(error) = Machine::remove_stale() {
        eprintln!("machines of an earlier run are not gone: {error:#}");
    }
    let mut trials = trials![
        readiness::the_node_and_every_bundled_chart_become_ready,
        readiness::control_plane_pods_run_without_privileges,
        network::a_pod_finds_a_service_by_name_and_reaches_it,
        network::a_pod_is_reached_through_the_ingress,
        access::a_command_runs_in_a_pod,
        access::a_pods_words_are_read,
        access::a_pods_port_is_reached_from_outside,
        access::usage_of_nodes_and_pods_is_told,
        charts::a_chart_becomes_ready_is_configured_and_leaves_nothing,
        charts::a_chart_that_does_not_render_says_why,
        helm::a_helm_chart_runs_its_pods,
        node_config::settings_are_applied_and_reported,
        bundled::a_config_changes_a_bundled_chart,
        crictl::everyday_commands_of_crictl_work,
        healing::a_killed_kubelet_comes_back,
        healing::a_killed_control_plane_comes_back,
        healing::a_killed_bowline_goes_on_where_it_was,
        healing::the_end_of_containerd_is_the_end_of_bowline,
        healing::a_restart_imports_nothing_again,
        bundled::a_disabled_chart_goes_and_comes_back,
        renewal::certificates_that_expired_meanwhile_are_renewed_first,
        renewal::changed_static_pods_replace_running_ones_while_no_api_server_runs,
        refusals::a_wrong_config_key_is_named_with_its_place,
        refusals::a_port_in_use_is_named,
        refusals::a_second_bowline_on_the_same_data_dir_is_refused,
        refusals::a_truncated_archive_is_named,
        refusals::a_tampered_archive_is_named,
        refusals::a_missing_image_is_named,
        refusals::a_truncated_archive_of_an_image_is_named,
        refusals::a_full_disk_is_named,
        registry::a_plain_mirror_replaces_the_archives,
        registry::a_mirror_with_a_password_and_a_private_authority_replaces_the_archives,
        registry::a_default_registry_stands_in_for_all_others,
        registry::a_wrong_password_is_named,
        registry::a_wrong_authority_is_named,
        interruption::starts_stopped_in_stage_after_stage_end_in_a_ready_node,
        interruption::starts_without_power_in_stage_after_stage_end_in_a_ready_node,
        uninstall::uninstall_leaves_nothing_behind,
    ];
    // Ten starts and ten restarts each: `--include-ignored` runs them too.
    let long = trials![
        interruption::sigterm_in_each_stage_of_a_first_start_ends_it_cleanly,
        interruption::a_power_cut_in_each_stage_of_a_first_start_loses_nothing,
    ];
    trials.extend(long.into_iter().map(|trial| trial.with_ignored_flag(true)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    shared::remove();
    healing::remove();
    registry::remove();
    conclusion.exit_code()
}
