-- Several images may show the same part.

-- Which do; {}: each is a part of its own.
ALTER TABLE inspection.reference_sets ADD COLUMN part_rule jsonb NOT NULL DEFAULT '{}';
-- What was found by comparing pictures, and waits to be accepted.
ALTER TABLE inspection.reference_sets ADD COLUMN part_proposal text;
-- Parts of that proposal, and of the one that was accepted.
ALTER TABLE inspection.reference_images ADD COLUMN proposed_part integer;
ALTER TABLE inspection.reference_images ADD COLUMN accepted_part integer;

-- In the order of `held_out`; empty if each image is a part of its own.
ALTER TABLE inspection.versions ADD COLUMN held_out_parts integer[] NOT NULL DEFAULT '{}';
ALTER TABLE inspection.versions ADD COLUMN part_figures jsonb;
