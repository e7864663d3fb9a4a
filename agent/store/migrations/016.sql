-- The lines of the policy, as the milter told them: name:action, separated by commas; '' where it did not.
ALTER TABLE setting ADD COLUMN policy_lines TEXT NOT NULL DEFAULT '';
