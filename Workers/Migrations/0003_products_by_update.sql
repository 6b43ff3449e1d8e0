CREATE INDEX products_updated ON products (updated);
