/* Pages of org_files: enhancements of plain forms. */
