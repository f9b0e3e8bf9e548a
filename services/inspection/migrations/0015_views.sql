-- A view is a reference set of its own, of another one.
ALTER TABLE inspection.reference_sets
    -- NULL: it is no view. Views are deleted one by one before their set, with all that hangs on them.
    ADD COLUMN view_of uuid REFERENCES inspection.reference_sets,
    -- Which set's shares say who may see this one.
    ADD COLUMN shared_as uuid NOT NULL GENERATED ALWAYS AS (coalesce(view_of, id)) STORED;
CREATE INDEX reference_sets_by_shared_as ON inspection.reference_sets (shared_as, created_at, id);
CREATE INDEX reference_sets_by_view_of ON inspection.reference_sets (view_of) WHERE view_of IS NOT NULL;

ALTER TABLE inspection.inspections
    -- What the inspections of one part's views have in common; NULL: it was one of its own.
    ADD COLUMN part_inspection_id uuid;
CREATE INDEX inspections_by_part ON inspection.inspections (part_inspection_id)
    WHERE part_inspection_id IS NOT NULL;
