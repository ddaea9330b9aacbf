//! What every store promises, case by case.

mod entries;
mod leading;
mod schema;
mod upkeep;

use std::future::Future;
use std::pin::Pin;

use crate::world::World;

/// A case: it gets a database that is empty.
pub(crate) type Case = fn(World) -> Pin<Box<dyn Future<Output = ()>>>;

/// Lists cases under the names of their functions.
macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        [$((stringify!($case), |world| Box::pin($module::$case(world)))),*]
    };
}

/// All cases. Those that need a database beside the process pass over memory.
pub(crate) const CASES: [(&str, Case); 23] = cases![
    entries::what_is_put_is_found_under_its_kind_and_key_alone,
    entries::a_later_value_takes_the_place_of_an_earlier_one,
    entries::what_is_forgotten_is_gone,
    entries::many_are_found_in_the_order_they_are_asked_for,
    entries::values_of_all_sizes_come_back,
    entries::an_entry_of_another_form_is_absent_and_removed,
    entries::a_damaged_entry_is_absent_and_removed,
    entries::entries_outlive_the_store,
    upkeep::what_was_not_used_for_longest_goes_first,
    upkeep::of_more_than_a_batch_the_oldest_go_first,
    upkeep::what_nobody_used_for_too_long_goes_a_batch_at_a_time,
    upkeep::uses_are_written_later_and_reads_write_nothing,
    upkeep::a_clock_that_jumped_loses_and_keeps_nothing_for_ever,
    leading::one_of_many_callers_leads_and_the_others_get_what_it_stores,
    leading::of_two_stores_one_leads_and_the_other_waits_for_its_entry,
    leading::a_leader_who_stores_nothing_lets_the_next_one_lead,
    leading::a_caller_who_leaves_midway_blocks_nobody,
    leading::whoever_has_waited_long_enough_goes_on_alone,
    leading::announcements_reach_the_other_replicas,
    schema::tables_are_made_removed_and_made_again,
    schema::tables_of_a_newer_version_are_left_alone,
    schema::two_stores_open_a_new_database_at_once,
    schema::a_store_that_is_closed_finds_nothing_and_fails_nobody,
];
