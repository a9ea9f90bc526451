use std::sync::atomic::{AtomicU64, Ordering};

use super::{Reason, Refusal};

/// How often authentication has failed, by reason.
#[derive(Debug, Default)]
pub(super) struct Failures {
    missing: AtomicU64,
    expired: AtomicU64,
    invalid: [AtomicU64; Reason::ALL.len()],
}

impl Failures {
    pub(super) fn count(&self, refusal: Refusal) {
        self.counter(refusal).fetch_add(1, Ordering::Relaxed);
    }

    /// Every reason with its count, those too that have not happened.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        [Refusal::Missing, Refusal::Expired]
            .into_iter()
            .chain(Reason::ALL.map(Refusal::Invalid))
            .map(|refusal| {
                let count = self.counter(refusal).load(Ordering::Relaxed);
                (refusal.reason(), count)
            })
            .collect()
    }

    fn counter(&self, refusal: Refusal) -> &AtomicU64 {
        match refusal {
            Refusal::Missing => &self.missing,
            Refusal::Expired => &self.expired,
            Refusal::Invalid(reason) => &self.invalid[reason as usize],
        }
    }
}
