//! Every scenario of the test kit, solved.

use testkit::scenario::check_scenario;

/// One test a file, so that a failure names its idea; and one that no file is left out.
macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check_scenario(concat!("pypi/", stringify!($name), ".txt"));
            }
        )*

        #[test]
        fn every_file_is_a_test() {
            let files = testkit::scenario::Scenario::files("pypi");
            assert_eq!(files, [$(stringify!($name)),*], "name each file above, in order");
        }
    };
}

scenarios! {
    all_roots_are_missed_at_once
    backtrack_deep_chain
    backtrack_to_older_version_of_dependant
    chain_of_pins_with_one_way_out
    chain_of_pins_without_a_way_out
    compatible_release
    constraint_applies_with_extras
    constraint_bounds_what_others_require
    constraint_under_a_condition
    constraints_make_a_conflict
    cut_off_before_everything
    cut_off_by_upload_time
    cut_off_without_upload_time
    cycle_of_two
    cycle_that_excludes_itself
    dependency_that_does_not_exist_makes_versions_fall
    diamond_without_overlap
    environment_rejects_newest
    epoch_outranks_numbers
    exclude_leaves_a_requirement_out
    extra_brings_its_requirements
    extra_forces_older_version
    extra_not_asked_for_brings_nothing
    extra_that_names_further_extras_of_its_own_project
    extra_that_no_version_offers
    extra_under_a_condition
    extras_conflict_with_each_other
    extras_of_several_requirements_are_joined
    flask_notebook_werkzeug
    hash_that_no_file_has
    hash_that_no_newer_file_has
    held_prerelease_gives_way_to_a_stable_version
    held_version_is_chosen_where_that_is_preferred
    held_version_is_dropped_by_a_dependency
    held_version_is_no_wish_by_itself
    listing_not_known_yet
    local_version_is_meant_by_its_public_one
    local_version_named_in_full
    locked_prerelease_is_kept
    locked_project_that_nobody_requires
    locked_version_is_dropped_by_a_dependency
    locked_version_is_dropped_when_it_cannot_be
    locked_version_is_kept
    lowest_with_a_prerelease_named
    many_versions_pinned_to_an_old_one
    marker_compares_versions_as_versions
    marker_on_a_root
    marker_that_does_not_hold
    metadata_not_known_yet
    names_are_normalised
    newer_glibc_than_the_platform_has
    newest_version_lost_an_extra
    newest_version_that_fits_is_chosen
    no_version_for_this_python
    no_wheel_for_the_platform
    order_of_roots_left_first
    order_of_roots_right_first
    override_drops_the_extras_of_the_requirement
    override_of_a_direct_requirement
    override_of_a_requirement_for_another_system
    override_of_an_extras_requirement
    override_replaces_what_a_dependency_says
    override_requires_nothing_by_itself
    override_under_a_condition_that_fails
    patch_release_of_python_counts
    pinned_roots_that_contradict
    post_release_is_at_least_its_release
    post_release_is_not_greater_than_its_release
    prefix_match
    prerelease_excluded_by_name_does_not_opt_in
    prerelease_if_no_stable_version_fits
    prerelease_if_nothing_else_is_published
    prerelease_named_by_a_constraint
    prerelease_named_by_a_dependency_does_not_opt_in
    prerelease_named_where_nothing_stable_fits
    prerelease_pinned
    prereleases_allowed
    prereleases_disallowed
    prereleases_disallowed_though_named
    prereleases_explicit_with_opt_in
    prereleases_explicit_without_opt_in
    project_that_does_not_exist
    quarantined_project
    same_project_under_two_markers
    self_dependency_behind_an_extra
    self_dependency_is_no_dependency
    self_dependency_on_another_version
    self_dependency_with_extra_and_range
    self_dependency_without_another_version
    shared_dependency_takes_what_both_accept
    source_distribution_is_no_candidate
    source_distributions_on_request
    stable_is_preferred_though_a_prerelease_is_named
    stable_is_preferred_to_prerelease
    strategy_lowest
    strategy_lowest_direct
    strategy_lowest_passes_over_prereleases
    unreadable_metadata_makes_a_version_unavailable
    upper_bound_on_python_does_not_count
    url_in_published_metadata
    version_that_contradicts_itself
    versions_around_one_that_is_excluded
    wheels_for_another_python_only
    wheels_for_other_interpreters
    wheels_for_other_platforms_only
    yanked_version_in_a_range
    yanked_version_is_passed_over
    yanked_version_pinned_as_it_is_spelled
    yanked_version_pinned_by_a_dependency
    yanked_version_pinned_by_the_user
}
