INSERT INTO products (name, price_cents) VALUES
    ('Ballot box', 4900),
    ('Fencing mask', 12900),
    ('Hourglass', 1900),
    ('Padlock', 900);
