-- The mail addresses of a user, so that nobody decides on mail of their own.
ALTER TABLE user ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';
