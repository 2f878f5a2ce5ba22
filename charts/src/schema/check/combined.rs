//! Schemas that are made of others: `not`, `allOf`, `anyOf`, `oneOf`, `if`.

use super::super::report::Fault;
use super::{Scope, Work};

impl Work<'_, '_> {
    pub(super) fn combined(&mut self, scope: &Scope<'_>) {
        let Some(node) = self.node.combined.as_deref() else {
            return;
        };
        if node.not.is_some_and(|not| self.same(not, scope, true).is_none()) {
            self.fault("'not' failed");
        }
        let mut causes: Vec<Fault> = Vec::new();
        for &schema in &node.all_of {
            causes.extend(self.same(schema, scope, false));
        }
        if !causes.is_empty() {
            self.fault_from("'allOf' failed", causes);
        }
        self.any_of(&node.any_of, scope);
        self.one_of(&node.one_of, scope);
        if let Some((condition, then, otherwise)) = node.condition {
            let branch = match self.same(condition, scope, true) {
                None => then,
                Some(_) => otherwise,
            };
            let fault = branch.and_then(|branch| self.same(branch, scope, false));
            self.faults.extend(fault);
        }
    }

    fn any_of(&mut self, schemas: &[usize], scope: &Scope<'_>) {
        let mut causes = Vec::new();
        let mut is_met = schemas.is_empty();
        for &schema in schemas {
            if let Some(fault) = self.same(schema, scope, false) {
                causes.push(fault);
                continue;
            }
            is_met = true;
            if self.unseen.is_empty() {
                break;
            }
        }
        if !is_met {
            self.fault_from("'anyOf' failed", causes);
        }
    }

    fn one_of(&mut self, schemas: &[usize], scope: &Scope<'_>) {
        let mut causes = Vec::new();
        let mut met = None;
        for (index, &schema) in schemas.iter().enumerate() {
            match (self.same(schema, scope, met.is_some()), met) {
                (Some(fault), None) => causes.push(fault),
                (Some(_), Some(_)) => {}
                (None, None) => met = Some(index),
                (None, Some(first)) => {
                    self.fault(format!("'oneOf' failed, subschemas {first}, {index} matched"));
                    break;
                }
            }
        }
        if met.is_none() && !schemas.is_empty() {
            self.fault_from("'oneOf' failed, none matched", causes);
        }
    }
}
