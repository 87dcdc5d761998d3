//! What runs inside the server, in one step: `lua/` says of each script what its KEYS and ARGV are, and what it answers.
//! Running one twice does no more than running it once.

use crate::client::Script;

macro_rules! scripts {
    ($($name:ident: $($part:literal)+;)+) => {
        $(pub(crate) static $name: Script =
            Script::new(&[$(include_str!(concat!("lua/", $part, ".lua"))),+]);)+
    };
}

scripts! {
    DELETE_HASHES: "delete_hashes";
    EXPIRE: "sets" "expire";
    REMOVE_DUE: "remove_due";
    RESTORE: "restore";
    // keys restore in steps
    SWAP_VALUE: "swap_value";
    SWAP_SCORE: "swap_score";
    RESTORE_LEASES: "leases" "restore_leases";
    RENEW_LOCK: "renew_lock";
    RELEASE_LOCK: "release_lock";
    // gc
    REMOVE_MEMBERS: "sets" "members" "dead" "remove_members";
    REMOVE_ENTRIES: "sets" "members" "dead" "remove_entries";
    FORGET_TAKEN: "forget_taken";
    CHECK_MARKS: "sets" "members" "check_marks";
    CHECK_PROGRESS: "sets" "members" "check_progress";
    RECHECK_REMOVED: "sets" "members" "recheck_removed";
    // gc in steps
    TOUCH_UNDECLARED: "touch_undeclared";
    NOTE_REMOVED: "note_removed";
    REMOVE_SAME_SCORES: "remove_same_scores";
    OLDEST_REMOVED: "oldest_removed";
    COUNT_REMOVED: "count_removed";
    PUT_BACK: "put_back";
    // memoize
    CLAIM: "leases" "one_key" "names" "put_off" "decide" "claim";
    STORE: "one_key" "names" "standing" "store";
    GIVE_BACK: "one_key" "names" "put_off" "give_back";
    // memoize in steps
    CLAIM_LEASE: "leases" "one_lease" "names" "decide" "claim_lease";
    CHECK_CLAIM: "one_lease" "names" "standing" "check_claim";
    END_CLAIM: "one_lease" "names" "end_claim";
    RESTORE_RUN_OUT: "leases" "restore_run_out";
    LOOK_VALUE: "look_value";
    FENCE: "fence";
    TAKE_MARK: "one_lease" "names" "take_mark";
    STORE_VALUE: "store_value";
    UNFENCE: "unfence";
}
