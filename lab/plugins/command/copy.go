package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// copyToRemote puts a file, a text or a folder on another machine, by SFTP.
//
// A folder lands inside the remote path unless its own path ends in a slash; a file lands inside a remote path that
// is a folder, and in the place of one that is a file. Nothing but the last element of the remote path is made.
func (r *run) copyToRemote(ctx context.Context, inputs resource.PropertyMap) error {
	client, err := r.dial(ctx, inputs["connection"].ObjectValue())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	files, err := sftp.NewClient(client)
	if err != nil {
		return err
	}
	defer func() { _ = files.Close() }()
	there := remoteFiles{files}
	target, source := text(inputs, "remotePath"), inputs["source"]
	if source.IsAsset() && source.AssetValue().IsText() {
		return there.text(source.AssetValue().Text, target)
	}
	return there.put(sourcePath(source), target)
}

func sourcePath(source resource.PropertyValue) string {
	if source.IsArchive() {
		return source.ArchiveValue().Path
	}
	return source.AssetValue().Path
}

// sourceHash tells one content from another.
func sourceHash(source resource.PropertyValue) string {
	if source.IsArchive() {
		return source.ArchiveValue().Hash
	}
	if source.IsAsset() {
		return source.AssetValue().Hash
	}
	return ""
}

// copyIsNeeded is false where nothing but the way to the machine changes: the real plugin copies nothing then.
func copyIsNeeded(olds, news resource.PropertyMap) bool {
	return sourceHash(olds["source"]) != sourceHash(news["source"]) || text(olds, "remotePath") != text(news, "remotePath")
}

// remoteFiles are the files of the other machine.
type remoteFiles struct{ *sftp.Client }

// look answers nil where nothing is.
func (f remoteFiles) look(at string) (fs.FileInfo, error) {
	info, err := f.Stat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", at, err)
	}
	return info, nil
}

func (f remoteFiles) text(content, target string) error {
	there, err := f.look(target)
	if err != nil {
		return err
	}
	if there != nil && there.IsDir() {
		return fmt.Errorf("remote path %s is a directory; when using a text asset, remotePath must be a file path", target)
	}
	file, err := f.Create(target)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", target, err)
	}
	_, err = file.Write([]byte(content))
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("failed to write text content to remote path %s: %w", target, err)
	}
	return nil
}

func (f remoteFiles) put(source, target string) error {
	here, err := os.Stat(source)
	if err != nil {
		return err
	}
	there, err := f.look(target)
	if err != nil {
		return err
	}
	inside := path.Join(target, filepath.Base(source))
	if !here.IsDir() {
		if there != nil && there.IsDir() {
			target = inside
		}
		return f.file(source, target)
	}
	if err := f.folder(target); err != nil {
		return err
	}
	if !strings.HasSuffix(source, "/") {
		target = inside
	}
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return f.folder(path.Join(target, name))
		}
		return f.file(filepath.Join(source, name), path.Join(target, name))
	})
}

func (f remoteFiles) folder(target string) error {
	there, err := f.look(target)
	if err != nil {
		return err
	}
	if there == nil {
		if err := f.Mkdir(target); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", target, err)
		}
		return nil
	}
	if !there.IsDir() {
		return fmt.Errorf("remote path %s exists but is not a directory", target)
	}
	return nil
}

func (f remoteFiles) file(source, target string) error {
	local, err := os.Open(source) //nolint:gosec // the program says what is copied
	if err != nil {
		return err
	}
	defer func() { _ = local.Close() }()
	remote, err := f.Create(target)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", target, err)
	}
	_, err = remote.ReadFrom(local)
	if closing := remote.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("failed to copy file %s to remote path %s: %w", source, target, err)
	}
	return nil
}
