//! One conversation a file: `C:` the client, `S:` the session, `*` other steps, `E:` what happens besides,
//! `A:` how the next content is kept, `V:` what comes of the next password, `set` who is there and under which rules.

use super::replay::replay;

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(#[test] fn $name() { replay(include_str!(concat!("transcripts/", stringify!($name), ".txt"))); })*
    };
}

transcripts! {
    a_message_goes_through
    a_group_of_commands_at_once
    a_helo_client
    old_devices_are_served
    addresses_stay_as_they_are_written
    bad_addresses
    source_routes
    the_null_sender
    bad_parameters
    wrong_order
    unknown_commands
    small_talk
    lines_too_long
    bare_line_feeds_end_commands_not_contents
    dots_and_line_ends_in_contents
    announced_too_large
    too_large_in_fact
    too_many_recipients
    recipients_are_kept_once
    not_allowed
    what_a_rule_demands
    a_client_with_a_smaller_limit
    more_than_its_rule_allows
    a_content_refused_on_its_way
    mail_loops
    the_trouble_that_comes_first_was_told_by_the_pieces
    what_the_store_says
    the_disk_is_full_at_mail
    the_content_cannot_be_kept_half_way
    starttls
    starttls_throws_away_what_was_injected
    starttls_is_not_there
    tls_from_the_start
    too_many_errors
    too_many_commands
    a_kept_message_forgives_errors
    silence
    silence_inside_a_content
    the_connection_has_lived_long_enough
    the_connection_breaks_inside_a_content
    stopping_between_commands
    stopping_inside_a_content
    stopping_before_the_greeting
    new_rules_count_from_the_next_transaction
    a_browser_knocks
    signing_in_with_plain
    signing_in_with_login
    signing_in_fails
    signing_in_is_cancelled_or_garbled
    signing_in_where_it_is_not_offered
    signing_in_at_the_wrong_time
    signing_in_is_forgotten_under_tls
    signing_in_and_then_sending
    stopping_while_somebody_signs_in
    the_auth_parameter
    dsn
    smtputf8
    bdat
    bdat_pipelined
    bdat_line_ends_are_mended
    bdat_is_too_large
    bdat_out_of_order
    bdat_is_given_up
    bdat_cannot_be_kept
    bdat_cannot_be_read
    silence_inside_a_chunk
    stopping_between_chunks
}
