-- H2 runs this at each new connection (INIT= in the URL): all of it can run again.
CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item VARCHAR(80));
MERGE INTO orders (id, item) VALUES (1, 'tea'), (2, 'rice'), (3, 'salt');
CREATE TABLE IF NOT EXISTS shipped (order_id INTEGER);
CREATE ALIAS IF NOT EXISTS add_one FOR 'java.lang.Math.incrementExact(int)';
