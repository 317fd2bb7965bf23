module siteregistry.lab/pause

go 1.26
