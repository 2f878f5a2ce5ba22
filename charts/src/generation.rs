//! Which Helm is followed where the two differ.

/// A generation of Helm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation {
    /// Helm 3.22.
    Helm3,
    /// Helm 4.3.
    #[default]
    Helm4,
}
