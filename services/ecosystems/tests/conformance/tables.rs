//! Which test of the vectors is judged how, and what is left out, with the reason.

use serde_json::Value;

use super::judges::{self, Judged};

/// What is asked of a row.
type Judge = fn(&Value) -> Judged;

/// Tests and their judges.
pub(crate) const JUDGED: &[(&str, Judge)] = &[
    ("test_version.py::test_valid_versions", judges::valid_version),
    ("test_version.py::test_invalid_versions", judges::invalid_version),
    ("test_version.py::test_normalized_versions", judges::written_version),
    ("test_version.py::test_version_str_repr", judges::written_version),
    ("test_version.py::test_version_hash", judges::valid_version),
    ("test_version.py::test_version_public", judges::public_version),
    ("test_version.py::test_version_base_version", judges::base_version),
    ("test_version.py::test_version_epoch", judges::version_parts),
    ("test_version.py::test_version_release", judges::version_parts),
    ("test_version.py::test_version_local", judges::version_parts),
    ("test_version.py::test_version_pre", judges::version_parts),
    ("test_version.py::test_version_dev", judges::version_parts),
    ("test_version.py::test_version_post", judges::version_parts),
    ("test_version.py::test_version_is_prerelease", judges::is_prerelease),
    ("test_version.py::test_version_is_devrelease", judges::is_dev_release),
    ("test_version.py::test_version_is_postrelease", judges::is_post_release),
    ("test_version.py::test_oversized_version_raises_valueerror", judges::invalid_version),
    ("test_version.py::test_pickle_roundtrip", judges::valid_version),
    ("test_specifiers.py::test_specifiers_valid", judges::valid_specifiers),
    ("test_specifiers.py::test_specifiers_invalid", judges::invalid_specifiers),
    ("test_specifiers.py::test_specifiers_normalized", judges::specifier_of_version),
    ("test_specifiers.py::test_specifiers_str_and_repr", judges::written_specifiers),
    ("test_specifiers.py::test_specifiers_hash", judges::valid_specifiers),
    ("test_specifiers.py::test_comparison_canonicalizes", judges::equal_specifiers),
    ("test_specifiers.py::test_specifiers", judges::membership),
    ("test_specifiers.py::test_arbitrary_equality", judges::membership),
    ("test_specifiers.py::test_arbitrary_equality_normalization", judges::membership),
    ("test_specifiers.py::test_specifiers_prereleases", judges::membership),
    ("test_specifiers.py::test_specifier_contains_installed_prereleases", judges::membership),
    ("test_specifiers.py::test_contains_exclusionary_bridges", judges::membership),
    ("test_specifiers.py::test_contains_post_release_boundary_intersection", judges::membership),
    ("test_specifiers.py::test_contains_arbitrary_equality_contains", judges::membership),
    ("test_specifiers.py::test_contains_arbitrary_equality_normalization", judges::membership),
    ("test_specifiers.py::test_comparison_ignores_local", judges::membership),
    ("test_specifiers.py::test_boundary_closure_short_release", judges::membership),
    ("test_specifiers.py::test_specifier_prereleases_set", judges::explicit_prereleases),
    ("test_specifiers.py::test_specifier_prereleases_explicit", judges::explicit_prereleases),
    ("test_specifiers.py::test_specifier_prereleases_detection", judges::names_prerelease),
    ("test_specifiers.py::test_specifier_filter", judges::filtered),
    (
        "test_specifiers.py::test_specifier_filter_arbitrary_equality_normalization",
        judges::filtered,
    ),
    ("test_specifiers.py::test_filter_exclusionary_bridges", judges::filtered),
    ("test_specifiers.py::test_length", judges::count),
    ("test_specifiers.py::test_iteration", judges::listed),
    ("test_specifiers.py::test_empty_specifier", judges::empty_means_all),
    ("test_specifiers.py::test_is_subset", judges::subset),
    ("test_specifiers.py::test_is_superset", judges::superset),
    ("test_specifiers.py::test_is_disjoint", judges::disjoint),
    ("test_specifiers.py::test_unsatisfiable", judges::unsatisfiable),
    ("test_specifiers.py::test_post_release_boundary_unsatisfiable", judges::unsatisfiable),
    (
        "test_specifiers.py::test_unsatisfiable_prereleases_false",
        judges::unsatisfiable_without_prereleases,
    ),
    ("test_specifiers.py::test_satisfiable", judges::valid_specifiers),
    ("test_specifiers.py::test_satisfiable_prereleases_false", judges::valid_specifiers),
    ("test_specifiers.py::test_pickle_specifier_roundtrip", judges::valid_specifiers),
    ("test_specifiers.py::test_specifier_construction_is_lazy", judges::valid_specifiers),
    ("test_specifiers.py::test_specifierset_construction_is_lazy", judges::valid_specifiers),
    ("test_specifiers.py::test_spec_version_cache_consistency", judges::valid_specifiers),
    ("test_specifiers.py::test_spec_version_cache_with_wildcards", judges::valid_specifiers),
    (
        "test_specifiers.py::test_spec_version_cache_with_arbitrary_equality",
        judges::valid_specifiers,
    ),
    ("test_specifiers.py::test_spec_version_cache_compatible_operator", judges::valid_specifiers),
    (
        "test_specifiers.py::test_contains_oversized_version_raises_valueerror",
        judges::invalid_specifiers,
    ),
    ("test_ranges.py::test_operators", judges::inside_and_outside),
    ("test_ranges.py::test_intersected_requirement_keeps_opt_in", judges::keeps_opt_in),
    ("test_ranges.py::test_roundtrip", judges::valid_specifiers),
    ("test_ranges.py::test_is_empty", judges::unsatisfiable),
    (
        "test_ranges.py::test_prerelease_only_empty_when_policy_excludes",
        judges::unsatisfiable_without_prereleases,
    ),
    ("test_ranges.py::test_epoch_zero_family_floor_roundtrips", judges::valid_specifiers),
    ("test_ranges.py::test_prerelease_free_recovery_spelling", judges::valid_specifiers),
    ("test_ranges.py::test_not_empty", judges::valid_specifiers),
    ("test_ranges.py::test_non_prerelease_bounds_survive", judges::valid_specifiers),
    ("test_markers.py::test_parses_valid", judges::valid_marker),
    ("test_markers.py::test_parses_pep345_valid", judges::valid_marker),
    ("test_markers.py::test_parses_setuptools_legacy_valid", judges::valid_marker),
    ("test_markers.py::test_pickle_marker_roundtrip", judges::valid_marker),
    ("test_markers.py::test_parses_invalid", judges::invalid_marker),
    ("test_markers.py::test_parses_invalid_malformed_quoted_string", judges::invalid_marker),
    ("test_markers.py::test_parses_invalid_trailing_line_break", judges::marker_with_line_break),
    ("test_markers.py::test_parses_trailing_horizontal_whitespace", judges::marker_with_spaces),
    ("test_markers.py::test_str_repr_eq_hash", judges::written_marker),
    ("test_markers.py::test_different_markers_different_hashes", judges::different_markers),
    ("test_markers.py::test_evaluates", judges::evaluation),
    ("test_markers.py::test_evaluate_pep345_markers", judges::evaluation),
    ("test_markers.py::test_version_like_equality", judges::evaluation),
    ("test_requirements.py::test_basic_valid_requirement_parsing", judges::requirement_of_parts),
    ("test_requirements.py::test_normalized_requirements", judges::normalised_requirement),
    ("test_requirements.py::test_valid_marker", judges::requirement_with_marker),
    ("test_requirements.py::test_file_url", judges::requirement_with_url),
    (
        "test_requirements.py::test_error_when_suffixed_with_line_break",
        judges::requirement_with_line_break,
    ),
    ("test_requirements.py::test_trailing_horizontal_whitespace", judges::requirement_with_spaces),
    (
        "test_requirements.py::test_error_when_prefix_match_uses_post_release",
        judges::prefix_of_post_release,
    ),
    (
        "test_requirements.py::test_error_when_local_version_label_is_used_incorrectly",
        judges::misplaced_local,
    ),
    (
        "test_requirements.py::test_error_invalid_marker_malformed_quoted_string",
        judges::invalid_requirement,
    ),
    (
        "test_requirements.py::test_pickle_requirement_setstate_rejects_invalid_string",
        judges::invalid_requirement,
    ),
    ("test_requirements.py::test_equal_reqs_equal_hashes", judges::equal_requirements),
    (
        "test_requirements.py::test_equivalent_reqs_equal_hashes_unequal_strings",
        judges::equal_requirements,
    ),
    ("test_requirements.py::test_different_reqs_different_hashes", judges::different_requirements),
    ("test_requirements.py::test_pickle_requirement_roundtrip", judges::valid_requirement),
    ("test_utils.py::test_canonicalize_name", judges::canonical_name),
    ("test_utils.py::test_canonicalize_name_invalid", judges::invalid_name),
    ("test_utils.py::test_is_normalized_name", judges::canonical_name),
    ("test_utils.py::test_parse_wheel_filename", judges::wheel_filename),
    ("test_utils.py::test_parse_wheel_invalid_filename", judges::invalid_wheel_filename),
    ("test_utils.py::test_parse_wheel_unsorted_tags_valid_by_default", judges::wheel_filename),
    ("test_utils.py::test_parse_sdist_filename", judges::sdist_filename),
    ("test_utils.py::test_parse_sdist_invalid_filename", judges::invalid_sdist_filename),
];

/// Tests that say nothing about us, by reason.
pub(crate) const NOT_OURS: &[(&str, &[&str])] = &[
    (
        "they are about objects of Python: their text, hash, equality or operators",
        &[
            "test_markers.py::test_accepts_value",
            "test_markers.py::test_str",
            "test_markers.py::test_repr",
            "test_markers.py::test_value_serialize_chooses_quote_delimiter",
            "test_markers.py::test_membership_value_str_normalization",
            "test_markers.py::test_membership_value_str_normalization_negated",
            "test_ranges.py::test_repr",
            "test_ranges.py::test_dev0_span_roundtrips_every_policy",
            "test_requirements.py::test_str_and_repr",
            "test_requirements.py::test_pickle_requirement_preserves_prereleases",
            "test_specifiers.py::test_comparison_true",
            "test_specifiers.py::test_comparison_false",
            "test_specifiers.py::test_specifier_operator_property",
            "test_specifiers.py::test_specifier_version_property",
            "test_specifiers.py::test_specifiers_combine",
            "test_specifiers.py::test_set_relations_raise_on_prerelease_policy_mismatch",
            "test_specifiers.py::test_set_relations_require_specifierset",
            "test_specifiers.py::test_pickle_specifierset_roundtrip",
            "test_version.py::test_non_string_versions_raise_invalid_version",
            "test_version.py::test_dunder_op_returns_notimplemented",
            "test_version.py::test_compare_other",
            "test_version.py::test_base_version_notimplemented_with_non_base_version",
            "test_version.py::test_from_parts",
        ],
    ),
    (
        "the rows do not say what is expected; the reference compares two of its own ways",
        &[
            "test_specifiers.py::test_contains_identical_across_canonicalization",
            "test_specifiers.py::test_contains_equivalent",
            "test_specifiers.py::test_filter_equivalent",
            "test_specifiers.py::test_to_specifier_set_roundtrip_matches",
            "test_specifiers.py::test_contains_equivalent_with_version_objects",
            "test_specifiers.py::test_specifier_filter_with_key",
            "test_specifiers.py::test_specifierset_filter_with_key",
            "test_specifiers.py::test_empty_specifierset_filter_with_key",
        ],
    ),
    (
        "they ask about texts that are no versions, which no listing holds",
        &[
            "test_specifiers.py::test_invalid_version",
            "test_specifiers.py::test_contains_rejects_invalid_specifier",
            "test_specifiers.py::test_empty_specifier_arbitrary_string",
            "test_specifiers.py::test_empty_specifier_ordering_with_arbitrary",
            "test_specifiers.py::test_arbitrary_equality_is_intersection_preserving",
            "test_specifiers.py::test_set_relations_reject_arbitrary_equality",
        ],
    ),
    (
        "they are about intervals over all conceivable versions, and here specifiers are lowered onto listings",
        &[
            "test_ranges.py::test_intersection_drops_embedded_empty",
            "test_ranges.py::test_equal_and_hash",
        ],
    ),
    (
        "they are about sets in markers of lock files (PEP 751), which are not read here",
        &[
            "test_markers.py::test_extras_and_dependency_groups",
            "test_markers.py::test_extras_and_dependency_groups_disallowed",
            "test_markers.py::test_set_valued_marker_on_lhs_raises_undefined_comparison",
        ],
    ),
    (
        "they are about writing canonical names of versions, which nothing here does",
        &[
            "test_utils.py::test_canonicalize_version",
            "test_utils.py::test_canonicalize_version_no_strip_trailing_zero",
        ],
    ),
    (
        "order of tags in a file name is judged on request only, and installers do not",
        &["test_utils.py::test_parse_wheel_unsorted_tags_invalid_with_validate"],
    ),
];

const NO_VERSION: &str = "asks about a text that is no version, which no listing holds";
const SPELLING: &str = "the spelling of a published version is not kept, so `===` compares what \
     versions say, as uv does";
const NO_PLATFORM: &str = "the interpreter or system is none that a platform describes";
const SPACE: &str = "white space around a version is the business of whoever cuts it out of a text";
const ASCII: &str = "names are of ASCII letters (PEP 503); no registry serves others";
const TAGS: &str = "a tag that no interpreter has fits nowhere, which does as well as refusing";

/// Rows that we do not meet: a test, a part of the rows, and the reason.
pub(crate) const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("::test_normalized_versions", "\"normalized\":\"1.0\"", SPACE),
    ("::test_specifiers_normalized", "\\r \\f", SPACE),
    ("::test_arbitrary_equality", "foobar", NO_VERSION),
    ("::test_arbitrary_equality", "\"lolwat\"", NO_VERSION),
    ("::test_arbitrary_equality", "\"LOLWAT\"", NO_VERSION),
    ("::test_arbitrary_equality", "\"LoLWaT\"", NO_VERSION),
    ("::test_contains_arbitrary_equality_contains", "\"foo", NO_VERSION),
    ("::test_contains_arbitrary_equality_contains", "\"bar\"", NO_VERSION),
    ("::test_contains_arbitrary_equality_contains", "\"invalid\"", NO_VERSION),
    ("::test_specifier_filter", "foobar", NO_VERSION),
    ("::test_specifier_filter", "invalid", NO_VERSION),
    ("::test_arbitrary_equality_normalization", "===", SPELLING),
    ("::test_contains_arbitrary_equality_normalization", "===", SPELLING),
    ("::test_specifier_filter_arbitrary_equality_normalization", "===", SPELLING),
    ("::test_evaluates", "_", NO_PLATFORM),
    ("::test_evaluate_pep345_markers", "_", NO_PLATFORM),
    ("::test_parse_wheel_filename", "foo_bár", ASCII),
    ("::test_parse_wheel_invalid_filename", "2.7.6-none", TAGS),
];
