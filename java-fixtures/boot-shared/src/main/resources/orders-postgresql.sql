-- Run once, by whoever starts the server.
CREATE TABLE orders (id INTEGER PRIMARY KEY, item VARCHAR(80));
INSERT INTO orders (id, item) VALUES (1, 'tea'), (2, 'rice'), (3, 'salt');
CREATE TABLE shipped (order_id INTEGER);
CREATE FUNCTION add_one(n INTEGER) RETURNS INTEGER LANGUAGE SQL AS 'SELECT n + 1';
