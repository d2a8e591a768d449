-- +goose Up
-- Each closing leaves a mark of its own, so that who tidies takes away those that were there before it began and no later one.
CREATE TABLE tidy_marks (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
INSERT INTO tidy_marks (id) SELECT only_row FROM untidy;
DROP TABLE untidy;
ALTER TABLE tidy_marks RENAME TO untidy;
