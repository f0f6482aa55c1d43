// What Go's own parser says that files import: names of files come in, one JSON line each goes out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"sort"
	"strconv"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		found, _ := json.Marshal(importsOf(lines.Text()))
		fmt.Println(string(found))
	}
}

func importsOf(path string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	imports := []string{}
	for _, each := range file.Imports {
		module, err := strconv.Unquote(each.Path.Value)
		if err == nil && !seen[module] {
			seen[module] = true
			imports = append(imports, module)
		}
	}
	sort.Strings(imports)
	return imports
}
