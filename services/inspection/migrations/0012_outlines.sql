-- Outlines that people drew of defects: lists of corners, each a pair of fractions of width and height.
ALTER TABLE inspection.feedback ADD COLUMN polygons jsonb NOT NULL DEFAULT '[]';
