CREATE TABLE goods (id INTEGER PRIMARY KEY, name VARCHAR(80));
INSERT INTO goods (id, name) VALUES (1, 'tea'), (2, 'rice'), (3, 'salt');
