//! The decisions of one call, free of I/O: what was seen goes in, what to do next comes out.
//!
//! Both APIs drive this one machine; they differ only in how they read, wait and compute.

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// A value, whoever computed it.
    Call,
    /// A value that is computed from now on, and stored, whatever is there.
    Refresh,
    /// A value that the caller has, to be stored whatever is there.
    Put,
}

/// What the hit path read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A value that is neither marked nor expired.
    Fresh,
    /// The same, to be recomputed before it expires.
    Early,
    /// A value that is marked or expired.
    Due,
    /// The same, and the function has failed for it a moment ago.
    Failing,
    /// No value, or one that does not decode.
    Absent,
}

/// What the server said to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// There is a valid value by now: no answer to who replaces it.
    Valid,
    /// Another worker computes. `value`: an old value is there meanwhile.
    Busy { value: bool },
    /// The key is ours to compute, under a lease. `refresh`: a mark or an expiry was taken.
    Mine { refresh: bool },
    /// Another worker still computes; we compute beside it, and whoever is first stores.
    Joined,
    /// Another worker still computes the value by another of its names; we compute beside it, and store nothing.
    Beside,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Read(Found),
    /// We lead the computation in this process.
    Leading,
    /// Somebody else in this process does.
    Taken,
    /// Whoever led handed out a value, or the function's error.
    Shared,
    SharedError,
    /// Whoever led gave up, panicked or was cancelled, or may have read what was invalidated before this call.
    Abandoned,
    Claimed(Claimed),
    Slept,
    Computed,
    Failed,
    Stored,
    GivenBack,
    /// Redis is away, slow, or refused.
    Unavailable,
    /// A claim brought a value that does not decode.
    Unreadable,
    /// The computation goes on, and the call may wait no longer.
    TimedOut,
}

/// Under what a computation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Our lease, taken for a mark or an expiry where `refresh` is set.
    Lease { refresh: bool },
    /// The lease of another.
    Joined,
    /// None: the result is not stored.
    Nothing,
}

/// Where the value that a call returns comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    Hit,
    Stale,
    /// Another stored it while we waited.
    Waited,
    /// Another caller in this process computed it.
    Shared,
    Computed,
}

/// Why a call returns an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Function,
    Cache,
    Timeout,
}

/// The value that a call read before it went to get another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum AtHand {
    /// Marked or expired.
    Old,
    /// It is recomputed before it expires.
    Valid,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read value and marks.
    Read,
    /// Lead the computation in this process, if nobody does.
    Lead,
    /// Lead it, or wait for whoever does.
    Share,
    /// Claim the key on the server; with `join`, compute beside another worker if need be.
    Claim {
        join: bool,
    },
    /// Wait one retry interval.
    Sleep,
    Compute(Hold),
    Store,
    /// Give back the mark, and leave progress.
    GiveBack,
    Serve(Served),
    Fail(Cause),
}

/// One call under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(super) purpose: Purpose,
    pub(super) stale: bool,
    /// Whether an old value is better than the function's error.
    pub(super) stale_if_error: bool,
    compute_on_error: bool,
    looks_left: u32,
    at_hand: Option<AtHand>,
    /// It replaces a value that is valid.
    early: bool,
    waited: bool,
    /// It has read before.
    again: bool,
    away: bool,
    leads: bool,
    lease: bool,
    pub(super) stores: bool,
}

impl Call {
    pub(crate) fn new(purpose: Purpose, stale: bool, retries: u32, compute_on_error: bool) -> Self {
        Self {
            purpose,
            stale,
            stale_if_error: false,
            compute_on_error: compute_on_error && purpose != Purpose::Put,
            looks_left: retries,
            at_hand: None,
            early: false,
            waited: false,
            again: false,
            away: false,
            leads: false,
            lease: false,
            stores: false,
        }
    }

    /// Returns an old value, where there is one, rather than the function's error.
    pub(crate) fn stale_if_error(self, stale_if_error: bool) -> Self {
        Self { stale_if_error, ..self }
    }

    /// The same call as it goes on behind its caller, who keeps the value at hand.
    pub(crate) fn behind(&self) -> Self {
        Self { at_hand: None, ..self.clone() }
    }

    /// What a call begins with.
    pub(crate) fn first(&self) -> Step {
        match self.purpose {
            Purpose::Call => Step::Read,
            Purpose::Refresh => Step::Share,
            // It does not wait: a mark that comes meanwhile would be of younger data, and nothing would tell.
            Purpose::Put => Step::Claim { join: true },
        }
    }

    /// What follows from an event.
    pub(crate) fn next(&mut self, event: Event) -> Step {
        match event {
            Event::Read(found) => self.read(found),
            Event::Leading => {
                self.leads = true;
                if self.away { self.compute(Hold::Nothing) } else { Step::Claim { join: false } }
            }
            Event::Taken | Event::TimedOut => self.fall_back(Cause::Timeout),
            Event::Shared => Step::Serve(Served::Shared),
            Event::SharedError => self.failed(),
            Event::Abandoned => {
                self.away = false;
                self.again = true;
                self.first()
            }
            Event::Claimed(claimed) => self.claimed(claimed),
            Event::Slept => {
                self.looks_left = self.looks_left.saturating_sub(1);
                self.waited = true;
                self.again = true;
                match self.purpose {
                    Purpose::Call => Step::Read,
                    Purpose::Refresh | Purpose::Put => Step::Claim { join: self.looks_left == 0 },
                }
            }
            Event::Computed if self.stores => Step::Store,
            Event::Computed | Event::Stored => Step::Serve(Served::Computed),
            Event::Failed if self.lease => Step::GiveBack,
            Event::Failed | Event::GivenBack => self.failed(),
            Event::Unavailable => self.unavailable(),
            Event::Unreadable => {
                self.at_hand = None;
                self.compute(Hold::Nothing)
            }
        }
    }

    /// Where an old value is no better than an error.
    pub(crate) fn forget_old(&mut self) {
        if self.at_hand == Some(AtHand::Old) {
            self.at_hand = None;
        }
    }

    /// Whether a value is at hand that is better than none, or than a long wait.
    pub(crate) fn has_value(&self) -> bool {
        self.at_hand.is_some()
    }

    /// Whether it replaces a value that is valid.
    pub(crate) fn is_early(&self) -> bool {
        self.early
    }

    /// Whether it has read before, and waited since: for the computation of another, or for one that came to nothing.
    pub(crate) fn looks_again(&self) -> bool {
        self.again
    }

    fn read(&mut self, found: Found) -> Step {
        self.early = found == Found::Early && !self.waited;
        self.at_hand = match found {
            Found::Early => Some(AtHand::Valid),
            Found::Due | Found::Failing => Some(AtHand::Old),
            _ => None,
        };
        match (found, self.waited) {
            (Found::Fresh, _) | (Found::Early, true) => Step::Serve(self.valid()),
            (Found::Failing, _) => Step::Serve(Served::Stale),
            (Found::Due, true) => Step::Claim { join: self.looks_left == 0 },
            (Found::Absent, true) => self.wait(),
            // A value is at hand: at most one caller leaves to compute, and nobody waits.
            (Found::Early, false) => Step::Lead,
            (Found::Due, false) if self.stale => Step::Lead,
            (Found::Due | Found::Absent, false) => Step::Share,
        }
    }

    fn claimed(&mut self, claimed: Claimed) -> Step {
        match claimed {
            Claimed::Valid => Step::Serve(self.valid()),
            Claimed::Busy { value: true } if self.early => Step::Serve(Served::Hit),
            Claimed::Busy { value: true } if self.stale && self.purpose == Purpose::Call => {
                Step::Serve(Served::Stale)
            }
            Claimed::Busy { value } => {
                self.early = false;
                self.at_hand = (value && self.purpose == Purpose::Call).then_some(AtHand::Old);
                self.wait()
            }
            Claimed::Mine { refresh } => self.compute(Hold::Lease { refresh }),
            Claimed::Joined => self.compute(Hold::Joined),
            Claimed::Beside => self.compute(Hold::Nothing),
        }
    }

    fn failed(&self) -> Step {
        match self.stale_if_error || self.at_hand == Some(AtHand::Valid) {
            true => self.fall_back(Cause::Function),
            false => Step::Fail(Cause::Function),
        }
    }

    fn fall_back(&self, without: Cause) -> Step {
        match self.at_hand {
            Some(AtHand::Valid) => Step::Serve(Served::Hit),
            Some(AtHand::Old) => Step::Serve(Served::Stale),
            None => Step::Fail(without),
        }
    }

    fn valid(&self) -> Served {
        if self.again { Served::Waited } else { Served::Hit }
    }

    fn wait(&self) -> Step {
        if self.looks_left > 0 { Step::Sleep } else { Step::Claim { join: true } }
    }

    fn compute(&mut self, hold: Hold) -> Step {
        self.lease = matches!(hold, Hold::Lease { .. });
        self.stores = hold != Hold::Nothing;
        Step::Compute(hold)
    }

    /// Without Redis the callers of this process still share one computation.
    fn unavailable(&mut self) -> Step {
        if self.at_hand == Some(AtHand::Valid) {
            return Step::Serve(Served::Hit);
        }
        if !self.compute_on_error || self.early {
            return Step::Fail(Cause::Cache);
        }
        self.away = true;
        if self.leads { self.compute(Hold::Nothing) } else { Step::Share }
    }
}
