//! Dumps on disk: plain, gzip or zstd. Written by the file's name, read by their first bytes.

use super::output::{NewFile, PRIVATE, Place};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A frame of zstd holds this much, so that no more is held in memory.
const FRAME: usize = 1 << 20;
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

enum Writer {
    Plain(BufWriter<NewFile>),
    Gzip(GzEncoder<BufWriter<NewFile>>),
    Zstd { frame: Vec<u8>, file: BufWriter<NewFile> },
    Finished,
}

/// A file under way: it gets its name when it is whole, and is removed where it is not finished.
#[derive(Clone)]
pub struct Packed {
    writer: Rc<RefCell<Writer>>,
    /// What remains of it where it is not finished.
    pub remains: &'static str,
}

impl Packed {
    /// Begins a file for its owner alone, packed as `path` says.
    pub fn begin(place: Place, path: &Path) -> io::Result<Self> {
        let file = place.begin(PRIVATE)?;
        let remains = file.remains();
        let file = BufWriter::with_capacity(64 << 10, file);
        let extension = path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
        let writer = match extension.as_deref() {
            Some("gz" | "gzip") => Writer::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Some("zst" | "zstd") => Writer::Zstd { frame: Vec::with_capacity(FRAME), file },
            _ => Writer::Plain(file),
        };
        Ok(Self { writer: Rc::new(RefCell::new(writer)), remains })
    }

    /// Writes what is left; the file gets its name where it is complete. Gives the name it has.
    pub fn finish(self, complete: bool) -> io::Result<PathBuf> {
        let file = match self.writer.replace(Writer::Finished) {
            Writer::Plain(file) => file,
            Writer::Gzip(gzip) => gzip.finish()?,
            Writer::Zstd { mut frame, mut file } => {
                put_frame(&mut frame, &mut file)?;
                file
            }
            Writer::Finished => return Err(io::Error::other("it is finished already")),
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.finish(complete)
    }
}

fn put_frame(frame: &mut Vec<u8>, file: &mut impl Write) -> io::Result<()> {
    if frame.is_empty() {
        return Ok(());
    }
    file.write_all(&compress_to_vec(&frame[..], CompressionLevel::Fastest))?;
    frame.clear();
    Ok(())
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.writer.borrow_mut() {
            Writer::Plain(file) => file.write(bytes),
            Writer::Gzip(gzip) => gzip.write(bytes),
            Writer::Zstd { frame, file } => {
                let taken = bytes.len().min(FRAME - frame.len());
                frame.extend_from_slice(&bytes[..taken]);
                if frame.len() >= FRAME {
                    put_frame(frame, file)?;
                }
                Ok(taken)
            }
            Writer::Finished => Err(io::Error::other("it is finished already")),
        }
    }

    /// Hands on what need not wait to be packed: the other end of a FIFO may be waiting for it.
    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.writer.borrow_mut() {
            Writer::Plain(file) => file.flush(),
            _ => Ok(()),
        }
    }
}

/// Fails where a packed file is not whole, or not what was packed. A plain one has no checksum to tell by.
pub fn check(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    if is_packed(&start) {
        file.rewind()?;
        io::copy(&mut unpacked(file)?, &mut io::sink())?;
    }
    Ok(())
}

fn is_packed(start: &[u8]) -> bool {
    start.starts_with(GZIP) || start.starts_with(ZSTD)
}

/// Reads plain text, gzip or zstd, whatever it turns out to be.
pub fn unpacked<R: Read + 'static>(reader: R) -> io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(64 << 10, reader);
    let start = reader.fill_buf()?;
    if start.starts_with(GZIP) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(reader))));
    }
    if start.starts_with(ZSTD) {
        return Ok(Box::new(BufReader::new(Frames { at: Some(At::Between(reader)) })));
    }
    Ok(Box::new(reader))
}

/// Frames of zstd, one behind the other.
struct Frames<R: BufRead> {
    at: Option<At<R>>,
}

enum At<R: BufRead> {
    Between(R),
    Inside(Box<StreamingDecoder<R, FrameDecoder>>),
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.at.take() {
                None => return Ok(0),
                Some(At::Between(mut reader)) => {
                    if reader.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let frame = StreamingDecoder::new(reader).map_err(io::Error::other)?;
                    self.at = Some(At::Inside(Box::new(frame)));
                }
                Some(At::Inside(mut frame)) => {
                    let read = frame.read(buffer)?;
                    if read > 0 {
                        self.at = Some(At::Inside(frame));
                        return Ok(read);
                    }
                    let (reader, decoder) = frame.into_parts();
                    let (told, found) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
                    if told.is_some() && told != found {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "a frame's checksum is wrong",
                        ));
                    }
                    self.at = Some(At::Between(reader));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..400_000_u32).flat_map(|n| (n % 977).to_le_bytes()).collect();
        for name in ["a", "a.gz", "a.zst"] {
            let path = folder.path().join(name);
            let mut packed = Packed::begin(Place::find(&path).unwrap(), &path).unwrap();
            packed.write_all(&text).unwrap();
            assert!(!path.exists());
            assert_eq!(packed.finish(true).unwrap(), path);
            let mut read = Vec::new();
            unpacked(File::open(&path).unwrap()).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == text, "{name}");
            let packed = std::fs::read(&path).unwrap();
            assert!(name == "a" || packed.len() < text.len() / 2, "{name}: {}", packed.len());
            if name != "a" {
                let cut = io::Cursor::new(packed[..packed.len() - 9].to_vec());
                assert!(unpacked(cut).unwrap().read_to_end(&mut Vec::new()).is_err(), "{name}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
